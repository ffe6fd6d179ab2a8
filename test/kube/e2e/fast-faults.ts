import type { TestCluster } from '../../harness/cluster.ts';
import type { Manifest } from '../../harness/cluster-resources.ts';
import { deployment, images, probe, service } from '../../harness/kube-objects.ts';
import { inPod } from '../../harness/kube-exec.ts';

/** Namespaces: a shop with many applications, one that gets a quota and one that gets a webhook. */
export interface FastPlaces {
  readonly shop: string;
  readonly narrow: string;
  readonly hooked: string;
}
export interface FastFault {
  /** The application: a Deployment and its Service. */
  readonly name: string;
  readonly place?: keyof FastPlaces;
  /** The only alert about it. Absent: none may come. */
  readonly alert?: string;
  /** What the alert leads to; `deployment` when absent. */
  readonly kind?: 'service';
  /** How it is made, where that matters. */
  readonly app?: Readonly<Record<string, unknown>>;
  inject(cluster: TestCluster, namespace: string): Promise<unknown>;
}

const again = (name: string, more: Readonly<Record<string, unknown>>) => (cluster: TestCluster, namespace: string) =>
  cluster.apply(deployment({ namespace, name, ...more }));
const serviceWith = (name: string, spec: unknown) => (cluster: TestCluster, namespace: string) =>
  cluster.patch('services', { namespace, name }, { spec });
const renewed = async (cluster: TestCluster, namespace: string, name: string) => {
  for (const { metadata } of await cluster.list('pods', namespace, `app=${name}`))
    await cluster.remove('pods', { namespace, name: metadata.name });
};
/** A ConfigMap of the application's name. */
const withConfig = async (cluster: TestCluster, namespace: string, name: string) => {
  await cluster.remove('configmaps', { namespace, name });
  await renewed(cluster, namespace, name);
};

/** Ends twice, as if it waited for something, before it serves. */
const twice = 'n=$(cat /state/n); echo x$n >/state/n; [ "$n" = xx ] || exit 1; exec httpd -f -p 8080 -h /www';

/** What is broken in one application each, and what a rule is to say of it. */
export const fastFaults: readonly FastFault[] = [
  { name: 'crash', alert: 'ContainerRestarting', inject: again('crash', { command: 'exit 7' }) },
  { name: 'command', alert: 'ContainerCannotStart', inject: again('command', { container: { command: ['nope'] } }) },
  { name: 'image', alert: 'ContainerCannotStart', inject: again('image', { image: images.bad }) },
  {
    name: 'env-config',
    alert: 'ContainerCannotStart',
    app: { container: { envFrom: [{ configMapRef: { name: 'env-config' } }] } },
    inject: (cluster, namespace) => withConfig(cluster, namespace, 'env-config'),
  },
  {
    name: 'file-config',
    alert: 'ContainerCannotStart',
    app: {
      container: { volumeMounts: [{ name: 'config', mountPath: '/config' }] },
      pod: { volumes: [{ name: 'config', configMap: { name: 'file-config' } }] },
    },
    inject: (cluster, namespace) => withConfig(cluster, namespace, 'file-config'),
  },
  {
    name: 'unready',
    alert: 'RolloutNeverReady',
    inject: again('unready', { container: { readinessProbe: { ...probe, httpGet: { path: '/', port: 8081 } } } }),
  },
  {
    name: 'faded',
    alert: 'PodNotReady',
    inject: async (cluster, namespace) => {
      const [pod] = await cluster.list('pods', namespace, 'app=faded');
      await inPod(cluster.kubeconfig, { namespace, name: pod?.metadata.name ?? '' }, 'rm /www/index.html');
    },
  },
  {
    name: 'nowhere',
    alert: 'PodUnschedulable',
    inject: again('nowhere', { pod: { nodeSelector: { 'kubernetes.io/hostname': 'nowhere' } } }),
  },
  {
    name: 'zero',
    alert: 'WorkloadScaledToZero',
    inject: (cluster, namespace) =>
      cluster.patch('deployments.apps', { namespace, name: 'zero' }, { spec: { replicas: 0 } }),
  },
  {
    name: 'selector',
    alert: 'ServiceWithoutReadyEndpoints',
    kind: 'service',
    inject: serviceWith('selector', { selector: { app: 'selector', tier: 'gone' } }),
  },
  {
    name: 'port',
    alert: 'ServiceProbeFailing',
    kind: 'service',
    inject: serviceWith('port', { ports: [{ port: 80, targetPort: 9999 }] }),
  },
  {
    name: 'deleted',
    alert: 'ServiceGone',
    kind: 'service',
    inject: (cluster, namespace) => cluster.remove('services', { namespace, name: 'deleted' }),
  },
  {
    name: 'quota',
    place: 'narrow',
    alert: 'PodsRefused',
    inject: async (cluster, namespace) => {
      await cluster.apply({
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { namespace, name: 'none' },
        spec: { hard: { pods: '0' } },
      });
      await renewed(cluster, namespace, 'quota');
    },
  },
  {
    name: 'webhook',
    place: 'hooked',
    alert: 'PodsRefused',
    inject: async (cluster, namespace) => {
      await cluster.apply(hookOn(namespace));
      await renewed(cluster, namespace, 'webhook');
    },
  },
  // What is no fault: a version that takes 20 s to start, one that ends twice first, and one that stands alone and is
  // replaced by the next one.
  {
    name: 'twice',
    inject: again('twice', {
      command: twice,
      container: { readinessProbe: probe, volumeMounts: [{ name: 'state', mountPath: '/state' }] },
      pod: { volumes: [{ name: 'state', emptyDir: {} }] },
    }),
  },
  {
    name: 'slow',
    inject: again('slow', {
      image: images.v2,
      command: 'sleep 20; exec httpd -f -p 8080 -h /www',
      container: { readinessProbe: probe },
    }),
  },
  {
    name: 'alone',
    app: { spec: { strategy: { type: 'Recreate' } } },
    inject: again('alone', { image: images.v2, spec: { strategy: { type: 'Recreate' } } }),
  },
];

/** Refuses every pod of this namespace, because nobody is behind it. */
export const hookOn = (namespace: string): Manifest => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingWebhookConfiguration',
  metadata: { name: `${namespace}-pods` },
  webhooks: [
    {
      name: 'pods.paramedic.test',
      clientConfig: { service: { namespace, name: 'nobody' } },
      rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
      failurePolicy: 'Fail',
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      timeoutSeconds: 2,
    },
  ],
});

/** Makes each application as it is when it is well. */
export async function makeFastApps(cluster: TestCluster, places: FastPlaces): Promise<void> {
  for (const { name, place = 'shop', app } of fastFaults) {
    const namespace = places[place];
    await cluster.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name }, data: { MODE: 'well' } });
    await cluster.apply(service({ namespace, name }));
    await cluster.apply(deployment({ namespace, name, ...app }));
  }
  await cluster.waitFor('every application to be well', async () => {
    const all = (await Promise.all(Object.values(places).map((one) => cluster.list('deployments.apps', one)))).flat();
    return all.every(({ status }) => status?.availableReplicas === 1);
  });
}
