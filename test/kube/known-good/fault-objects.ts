import type { TestCluster } from '../../harness/cluster.ts';
import type { AnyObject, Manifest } from '../../harness/cluster-resources.ts';
import { deployment, probe, service, type WorkloadOptions } from '../../harness/kube-objects.ts';

/** Where one fault happens: a namespace of its own. */
export interface Place {
  readonly cluster: TestCluster;
  readonly namespace: string;
}

export const serve = 'exec httpd -f -p 8080 -h /www';
export const web = (namespace: string, more: Partial<WorkloadOptions> = {}): Manifest =>
  deployment({
    namespace,
    name: 'web',
    command: serve,
    ...more,
    container: { readinessProbe: probe, ...more.container },
  });
export const settings = (namespace: string, mode: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace, name: 'settings' },
  data: { MODE: mode },
});
/** Ends at once when the ConfigMap says something else than `well`. */
const picky = `[ "$MODE" = well ] || exit 3; ${serve}`;
export const readsSettings = { command: picky, container: { envFrom: [{ configMapRef: { name: 'settings' } }] } };
export const configured = (namespace: string, more: Partial<WorkloadOptions> = {}): readonly Manifest[] => [
  settings(namespace, 'well'),
  web(namespace, { ...readsSettings, ...more }),
  service({ namespace, name: 'web' }),
];
export const plain = (namespace: string): readonly Manifest[] => [web(namespace), service({ namespace, name: 'web' })];

/** `kubectl rollout restart` */
export const restarted = ({ cluster, namespace }: Place, name = 'web'): Promise<void> =>
  cluster.patch(
    'deployments.apps',
    { namespace, name },
    {
      spec: {
        template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() } } },
      },
    },
  );
/** Deletes the pods of an application. */
export async function renewed({ cluster, namespace }: Place, name = 'web', most = Infinity): Promise<void> {
  const pods = await cluster.list('pods', namespace, `app=${name}`);
  for (const { metadata } of pods.slice(0, most)) await cluster.remove('pods', { namespace, name: metadata.name });
}
export async function madeAnew({ cluster, namespace }: Place, manifest: Manifest): Promise<AnyObject> {
  await cluster.remove('deployments.apps', { namespace, name: manifest.metadata.name });
  await cluster.waitFor(`${manifest.metadata.name} to be gone`, async () => {
    return (await cluster.get('deployments.apps', { namespace, name: manifest.metadata.name })) === undefined;
  });
  return cluster.apply(manifest);
}
export const ofService =
  (spec: unknown) =>
  ({ cluster, namespace }: Place) =>
    cluster.patch('services', { namespace, name: 'web' }, { spec });

const apart = {
  podAntiAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [
      { labelSelector: { matchLabels: { app: 'web' } }, topologyKey: 'kubernetes.io/hostname' },
    ],
  },
};
export const oneOnEach: Partial<WorkloadOptions> = {
  replicas: 2,
  pod: { affinity: apart },
  spec: { strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } },
};
export const shares = (namespace: string, name: string): readonly Manifest[] => [
  deployment({
    namespace,
    name,
    ...readsSettings,
    container: { ...readsSettings.container, readinessProbe: probe },
  }),
  service({ namespace, name }),
];
export const callsBackend = (
  namespace: string,
  name: string,
  env: Readonly<Record<string, string>> = {},
): readonly Manifest[] => [
  deployment({
    namespace,
    name,
    command: serve,
    container: {
      env: Object.entries({ BACKEND: 'backend:80', ...env }).map(([key, value]) => ({ name: key, value })),
      readinessProbe: {
        exec: { command: ['sh', '-c', 'nc -w 2 $BACKEND_SERVICE_HOST 80 </dev/null >/dev/null'] },
        periodSeconds: 2,
        failureThreshold: 2,
        timeoutSeconds: 10,
      },
    },
  }),
  service({ namespace, name }),
];
export const backend = (namespace: string, command: string): Manifest =>
  deployment({ namespace, name: 'backend', command, container: { readinessProbe: probe } });
