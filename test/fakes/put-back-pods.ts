import type { KubeApi } from './kube-api.ts';

const namespace = 'shop';
const labels = { app: 'web' };
export const web = { namespace, name: 'web' };
const selector = { matchLabels: labels };
export const template = (image = 'web:1') => ({
  metadata: { labels },
  spec: { containers: [{ name: 'app', image }] },
});

interface Made {
  /** Of its template; default `h1`. */
  readonly hash?: string;
  readonly life?: 'well' | 'crashes' | 'hangs' | 'finds no room' | 'is not looked at' | 'is leaving';
  readonly annotations?: Readonly<Record<string, string>>;
  readonly uid?: string;
  readonly startedAt?: string;
}
const crashing = { waiting: { reason: 'CrashLoopBackOff' } };
const died = { terminated: { exitCode: 1, startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:01Z' } };

/** A pod of the Deployment `web`, or of a StatefulSet of that name when it has no hash. */
export function putPod(
  api: KubeApi,
  name: string,
  { hash = 'h1', life = 'well', annotations, ...more }: Made = {},
): string {
  const { uid = `uid-${name}`, startedAt = '2026-01-01T00:00:00Z' } = more;
  const ready = life === 'well' || life === 'is leaving';
  const isPlaced = life !== 'finds no room' && life !== 'is not looked at';
  const status = !isPlaced
    ? {
        phase: 'Pending',
        conditions:
          life === 'is not looked at'
            ? []
            : [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'no room' }],
      }
    : {
        phase: 'Running',
        startTime: startedAt,
        conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: startedAt }],
        containerStatuses: [
          {
            name: 'app',
            ready,
            restartCount: life === 'crashes' ? 9 : 0,
            state: life === 'crashes' ? crashing : { running: { startedAt } },
            ...(life === 'crashes' && { lastState: died }),
          },
        ],
      };
  const owner =
    hash === ''
      ? { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: 'uid-web', controller: true }
      : { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `web-${hash}`, uid: `uid-${hash}`, controller: true };
  api.put('pods', {
    metadata: {
      namespace,
      name,
      uid,
      labels: { ...labels, ...(hash !== '' && { 'pod-template-hash': hash }) },
      ...(annotations && { annotations }),
      ...(life === 'is leaving' && { deletionTimestamp: startedAt }),
      ownerReferences: [owner],
      creationTimestamp: startedAt,
    },
    spec: { ...(isPlaced && { nodeName: 'node-1' }), containers: [{ name: 'app' }] },
    status,
  });
  return uid;
}

/** The Deployment `web` of two, all rolled out unless the status says something else. */
export function putDeployment(
  api: KubeApi,
  {
    spec = {},
    status = {},
    metadata = {},
  }: Record<'spec' | 'status' | 'metadata', object> | Partial<Record<'spec' | 'status' | 'metadata', object>> = {},
): void {
  api.put('deployments.apps', {
    metadata: { ...web, uid: 'uid-web', ...metadata },
    spec: { replicas: 2, selector, template: template(), ...spec },
    status: {
      observedGeneration: 1,
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      ...status,
    },
  });
}

/** A ReplicaSet of it, or of another Deployment, that is to have so many pods, and has made so many. */
export function putReplicaSet(api: KubeApi, hash: string, wanted: number, made: number, owner = 'uid-web'): void {
  api.put('replicasets.apps', {
    metadata: {
      namespace,
      name: `web-${hash}`,
      uid: `uid-${hash}`,
      labels,
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: owner, controller: true }],
    },
    spec: { replicas: wanted, selector, template: template() },
    status: { replicas: made },
  });
}

/** A StatefulSet, or DaemonSet, of that name. */
export function putSet(api: KubeApi, kind: 'statefulsets.apps' | 'daemonsets.apps', more: object = {}): void {
  api.put(kind, {
    metadata: { ...web, uid: 'uid-web' },
    spec: { replicas: 2, selector, template: template(), ...more },
    status: { observedGeneration: 1 },
  });
}

/** A budget that allows so many disruptions. */
export function putBudget(api: KubeApi, disruptionsAllowed: number): void {
  api.put('poddisruptionbudgets.policy', {
    metadata: { namespace, name: 'web' },
    spec: { selector },
    status: { disruptionsAllowed },
  });
}
