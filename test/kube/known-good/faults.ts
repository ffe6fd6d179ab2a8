import type { Manifest } from '../../harness/cluster-resources.ts';
import { images, service } from '../../harness/kube-objects.ts';
import { hookOn } from '../e2e/fast-faults.ts';
import {
  backend,
  callsBackend,
  configured,
  madeAnew,
  ofService,
  oneOnEach,
  type Place,
  plain,
  readsSettings,
  renewed,
  restarted,
  serve,
  settings,
  shares,
  web,
} from './fault-objects.ts';

/** What is broken, in an application that is well until then. */
export interface Fault {
  readonly name: string;
  /** Deployments, each behind a Service of its name; `web` when absent. */
  readonly apps?: readonly string[];
  /** What there is when all is well. */
  objects(namespace: string): readonly Manifest[];
  /** What was done some time before, and did no harm; and how long before, ms. */
  readonly earlier?: { readonly pauseMs: number; act(place: Place): Promise<unknown> };
  inject(place: Place): Promise<unknown>;
  /** One of these comes first. */
  readonly alerts: readonly string[];
  /** What has to end as recovered (the first one) or as nothing to do any more: `deployment/web`. */
  readonly targets: readonly string[];
  /** All that may be written: a resource and a name, which may end with a `*`. */
  allowed(namespace: string): readonly string[];
  /** How often each of these is written, exactly. */
  readonly times?: Readonly<Record<string, number>>;
  /** False: by its own strategy it can not be rolled out without somebody's help. */
  readonly rollsOut?: false;
  /** What has to be so besides, at the end. */
  proof?(place: Place): Promise<boolean>;
}

const onWeb = { targets: ['deployment/web'] };
const itself = () => ['deployments.apps web'];

/** Lives for so long, s, and is well until then. */
export const leakSeconds = Number(process.env['PARAMEDIC_FAULT_LEAK_S'] ?? '40');

export const faults: readonly Fault[] = [
  {
    name: 'leak',
    objects: plain,
    inject: ({ cluster, namespace }) =>
      cluster.apply(web(namespace, { command: `httpd -p 8080 -h /www; sleep ${leakSeconds}; exit 137` })),
    alerts: ['ContainerRestarting', 'PodNotReady'],
    ...onWeb,
    allowed: itself,
  },
  {
    name: 'command-made-anew',
    objects: plain,
    inject: (place) => madeAnew(place, web(place.namespace, { command: 'exit 7' })),
    alerts: ['ContainerRestarting'],
    ...onWeb,
    allowed: itself,
  },
  {
    name: 'image-and-restart',
    objects: plain,
    inject: async (place) => {
      await place.cluster.apply(web(place.namespace, { image: images.bad }));
      await restarted(place);
    },
    alerts: ['ContainerCannotStart'],
    ...onWeb,
    allowed: itself,
  },
  {
    name: 'config-and-restart',
    objects: configured,
    inject: async (place) => {
      await place.cluster.apply(settings(place.namespace, 'bad'));
      await restarted(place);
    },
    alerts: ['ContainerRestarting'],
    ...onWeb,
    allowed: () => ['configmaps settings', 'deployments.apps web', 'pods/eviction web-*'],
  },
  {
    name: 'config-deleted',
    objects: configured,
    inject: async (place) => {
      await place.cluster.remove('configmaps', { namespace: place.namespace, name: 'settings' });
      await renewed(place);
    },
    alerts: ['ContainerCannotStart'],
    ...onWeb,
    allowed: () => ['configmaps settings', 'pods/eviction web-*'],
  },
  {
    name: 'target-port',
    objects: plain,
    inject: ofService({ ports: [{ port: 80, targetPort: 9999 }] }),
    alerts: ['ServiceProbeFailing'],
    targets: ['service/web'],
    allowed: () => ['services web'],
  },
  {
    name: 'selector',
    objects: plain,
    inject: ofService({ selector: { app: 'web', tier: 'gone' } }),
    alerts: ['ServiceWithoutReadyEndpoints'],
    targets: ['service/web'],
    allowed: () => ['services web'],
  },
  {
    name: 'service-deleted',
    objects: plain,
    inject: ({ cluster, namespace }) => cluster.remove('services', { namespace, name: 'web' }),
    alerts: ['ServiceGone'],
    targets: ['service/web'],
    allowed: () => ['services web'],
  },
  {
    name: 'scaled-to-zero',
    objects: plain,
    inject: ({ cluster, namespace }) =>
      cluster.patch('deployments.apps', { namespace, name: 'web' }, { spec: { replicas: 0 } }),
    alerts: ['WorkloadScaledToZero'],
    ...onWeb,
    allowed: itself,
  },
  {
    name: 'node-selector',
    objects: plain,
    inject: ({ cluster, namespace }) =>
      cluster.apply(web(namespace, { pod: { nodeSelector: { 'kubernetes.io/hostname': 'nowhere' } } })),
    alerts: ['PodUnschedulable'],
    ...onWeb,
    allowed: itself,
  },
  {
    name: 'quota',
    objects: plain,
    inject: async (place) => {
      const { cluster, namespace } = place;
      const spec = { hard: { pods: '0' } };
      await cluster.apply({ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { namespace, name: 'none' }, spec });
      await renewed(place);
    },
    alerts: ['PodsRefused'],
    ...onWeb,
    allowed: () => ['resourcequotas none', 'replicasets.apps web-*'],
  },
  {
    name: 'webhook',
    objects: plain,
    inject: async (place) => {
      await place.cluster.apply(hookOn(place.namespace));
      await renewed(place);
    },
    alerts: ['PodsRefused'],
    ...onWeb,
    allowed: (namespace) => [
      `validatingwebhookconfigurations.admissionregistration.k8s.io ${namespace}-pods`,
      'replicasets.apps web-*',
    ],
  },
  {
    name: 'template-and-config',
    objects: configured,
    inject: async ({ cluster, namespace }) => {
      // Neither of them alone put back would be enough.
      await cluster.apply(settings(namespace, 'bad'));
      await cluster.apply(web(namespace, { ...readsSettings, command: 'exit 7' }));
    },
    alerts: ['ContainerRestarting'],
    ...onWeb,
    allowed: () => ['configmaps settings', 'deployments.apps web', 'pods/eviction web-*'],
  },
  {
    name: 'shared-config',
    apps: ['alpha', 'beta'],
    objects: (namespace) => [settings(namespace, 'well'), ...shares(namespace, 'alpha'), ...shares(namespace, 'beta')],
    inject: async (place) => {
      await place.cluster.apply(settings(place.namespace, 'bad'));
      for (const name of ['alpha', 'beta']) await renewed(place, name);
    },
    alerts: ['ContainerRestarting'],
    targets: ['deployment/alpha', 'deployment/beta'],
    allowed: () => ['configmaps settings', 'pods/eviction alpha-*', 'pods/eviction beta-*'],
    times: { 'configmaps settings': 1 },
  },
  {
    name: 'latent',
    // With two, the one that is replaced for a proof would be more than half of them.
    objects: (namespace) => configured(namespace, { replicas: 3 }),
    earlier: { pauseMs: 40_000, act: ({ cluster, namespace }) => cluster.apply(settings(namespace, 'bad')) },
    inject: ({ cluster, namespace }) =>
      cluster.apply(web(namespace, { replicas: 3, ...readsSettings, image: images.bad })),
    alerts: ['ContainerCannotStart'],
    ...onWeb,
    allowed: () => ['configmaps settings', 'deployments.apps web', 'pods/eviction web-*'],
  },
  {
    name: 'latent-behind-one',
    // None can be spared: the next one comes by a roll-out, before the only one goes.
    objects: (namespace) => configured(namespace),
    earlier: { pauseMs: 40_000, act: ({ cluster, namespace }) => cluster.apply(settings(namespace, 'bad')) },
    inject: ({ cluster, namespace }) => cluster.apply(web(namespace, { ...readsSettings, image: images.bad })),
    alerts: ['ContainerCannotStart'],
    ...onWeb,
    allowed: () => ['configmaps settings', 'deployments.apps web', 'pods/eviction web-*'],
  },
  {
    name: 'harmless-then-bad',
    objects: plain,
    earlier: {
      pauseMs: 35_000,
      act: ({ cluster, namespace }) =>
        cluster.apply(web(namespace, { container: { env: [{ name: 'COLOUR', value: 'blue' }] } })),
    },
    inject: ({ cluster, namespace }) =>
      cluster.apply(web(namespace, { command: 'exit 7', container: { env: [{ name: 'COLOUR', value: 'blue' }] } })),
    alerts: ['ContainerRestarting'],
    ...onWeb,
    allowed: itself,
    // What did no harm stays as it was made.
    proof: async ({ cluster, namespace }) =>
      JSON.stringify(await cluster.get('deployments.apps', { namespace, name: 'web' })).includes('"COLOUR"'),
  },
  {
    name: 'anti-affinity',
    objects: (namespace) => [web(namespace, oneOnEach), service({ namespace, name: 'web' })],
    inject: (place) => madeAnew(place, web(place.namespace, { ...oneOnEach, command: 'exit 7' })),
    alerts: ['ContainerRestarting'],
    ...onWeb,
    allowed: () => ['deployments.apps web', 'pods/eviction web-*'],
    rollsOut: false,
  },
  {
    name: 'root-and-victims',
    apps: ['backend', 'front', 'shop'],
    objects: (namespace) => [
      service({ namespace, name: 'backend' }),
      backend(namespace, serve),
      ...callsBackend(namespace, 'front'),
      ...callsBackend(namespace, 'shop'),
    ],
    // One of them was deployed so lately that its alert alone would make that a suspect.
    earlier: {
      pauseMs: 45_000,
      act: async ({ cluster, namespace }) => {
        for (const one of callsBackend(namespace, 'front', { COLOUR: 'blue' })) await cluster.apply(one);
      },
    },
    inject: (place) => madeAnew(place, backend(place.namespace, 'exit 7')),
    alerts: ['ContainerRestarting', 'PodNotReady'],
    targets: ['deployment/backend'],
    allowed: () => ['deployments.apps backend'],
  },
  {
    name: 'template-and-selector',
    objects: plain,
    inject: async (place) => {
      await place.cluster.apply(web(place.namespace, { image: images.bad }));
      await ofService({ selector: { app: 'web', tier: 'gone' } })(place);
    },
    alerts: ['ContainerCannotStart', 'ServiceWithoutReadyEndpoints'],
    targets: ['deployment/web', 'service/web'],
    allowed: () => ['deployments.apps web', 'services web'],
  },
];
