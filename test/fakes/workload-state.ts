import type { Action } from '../../src/domain/action.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { PodDigest, WorkloadState } from '../../src/kubernetes/state.ts';
import type { KubeApi } from './kube-api.ts';

/** When everything here is planned. */
export const planTime = Date.parse('2026-11-25T03:00:00.250Z');
export const hung = 'container app is running but not ready';

/** One that is well. */
export const pod = (name: string, fields: Partial<PodDigest> = {}): PodDigest => ({
  name,
  uid: `uid-${name}`,
  node: 'node-1',
  revision: 'r1',
  ready: fields.trouble === undefined,
  terminating: false,
  trouble: '',
  createdAt: 1_000,
  startedAt: 1_000,
  diedAt: 0,
  ...fields,
});
export const ill = (name: string, trouble = hung, fields: Partial<PodDigest> = {}): PodDigest =>
  pod(name, { trouble, ...fields });

/** One that hangs beside two that are well. */
export const oneIll: readonly PodDigest[] = [ill('b'), pod('a'), pod('c')];

/** A workload that has its pods, all of one version: as many as are given, or three that are well. */
export function workload(fields: Partial<WorkloadState> = {}): WorkloadState {
  const pods = fields.pods ?? [pod('a'), pod('b'), pod('c')];
  const here = pods.filter(({ terminating }) => !terminating);
  const well = here.filter(({ ready }) => ready).length;
  return {
    kind: 'deployment',
    cluster: 'prod',
    namespace: 'shop',
    name: 'checkout',
    uid: 'uid-1',
    resourceVersion: '7',
    desired: here.length,
    ready: well,
    updated: here.length,
    available: well,
    present: here.length,
    observed: true,
    paused: false,
    strategy: 'RollingUpdate',
    stalled: '',
    restartedAt: '',
    templateHash: 'h1',
    owners: [],
    ill: pods.filter(({ trouble }) => trouble !== '').length,
    pods,
    newestPodAt: Math.max(0, ...pods.map(({ createdAt = 0 }) => createdAt)),
    ...fields,
  };
}

const input = (state: { readonly kind?: string }, params: unknown, extra: unknown) => {
  const kind = state.kind ?? 'pod';
  const target = { kind, key: `kubernetes/prod/shop/${kind}/checkout`, uid: 'uid-1' };
  return { target, state, extra, params, labels: {}, now: planTime };
};

/** The only plan; fails the test when there is none. */
export function planOf(action: Action, state: object, params?: unknown, extra?: unknown): Plan {
  const answer = action.plan(input(state, params, extra));
  if ('ok' in answer || answer[0] === undefined) throw new Error(`no plan: ${JSON.stringify(answer)}`);
  return answer[0];
}

/** The sentence of the only plan, or of why there is none. */
export function sentence(action: Action, state: object, params?: unknown, extra?: unknown): string {
  const answer = action.plan(input(state, params, extra));
  if (!('ok' in answer)) return answer.map(({ summary }) => summary).join();
  const again = 'retryAfterMs' in answer ? ` [again in ${answer.retryAfterMs} ms]` : '';
  return `nothing: ${answer.reason}${again}`;
}

const resources = {
  deployment: 'deployments.apps',
  statefulset: 'statefulsets.apps',
  daemonset: 'daemonsets.apps',
} as const;

const crashing = {
  phase: 'Running',
  containerStatuses: [
    { name: 'app', ready: false, restartCount: 9, state: { waiting: { reason: 'CrashLoopBackOff' } } },
  ],
};

/** A workload of three in the API, and its pods: `a` and `b` crash. */
export function putWorkload(api: KubeApi, kind: WorkloadState['kind'], annotations?: Record<string, string>): void {
  const labels = { app: 'checkout' };
  const template = { metadata: { labels, ...(annotations && { annotations }) }, spec: { containers: [] } };
  const spec = { replicas: 3, selector: { matchLabels: labels }, template };
  api.put(resources[kind], { metadata: { namespace: 'shop', name: 'checkout', uid: 'uid-1' }, spec });
  for (const name of ['a', 'b', 'c']) {
    const metadata = { namespace: 'shop', name, uid: `uid-${name}`, labels };
    api.put('pods', { metadata, spec: { nodeName: 'n', containers: [] }, ...(name !== 'c' && { status: crashing }) });
  }
}
