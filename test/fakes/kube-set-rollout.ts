import { rollbackDaemonSet } from '../../src/actions/rollback/daemonset.ts';
import { rollbackStatefulSet } from '../../src/actions/rollback/statefulset.ts';
import type { Action } from '../../src/domain/action.ts';
import type { Clients } from '../../src/domain/clients.ts';
import type { PodTemplate } from '../../src/domain/kubernetes.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { Target } from '../../src/domain/target.ts';
import { observeWorkload } from '../../src/kubernetes/observe-workload.ts';
import type { WorkloadState } from '../../src/kubernetes/state.ts';
import { startKubeApi, type KubeApi } from './kube-api.ts';
import { broken, good, place } from './kube-rollout.ts';

export type SetKind = 'statefulset' | 'daemonset';
const labels = { app: 'checkout' };
const uid = 'uid-set';
const startedAt = '2026-01-01T00:00:00Z';
const pulling = { waiting: { reason: 'ImagePullBackOff', message: 'no' } };
/** One that serves. */
export const well = {
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: startedAt }],
  containerStatuses: [{ name: 'app', ready: true, restartCount: 0, state: { running: { startedAt } } }],
};
/** One whose image can not be pulled. */
export const sick = {
  phase: 'Pending',
  containerStatuses: [{ name: 'app', ready: false, restartCount: 0, state: pulling }],
};
/** One that crashes some seconds after each start, caught while it is ready. */
export const crashing = {
  ...well,
  containerStatuses: [
    {
      name: 'app',
      ready: true,
      restartCount: 3,
      state: { running: { startedAt: new Date().toISOString() } },
      lastState: { terminated: { exitCode: 1, startedAt, finishedAt: '2026-01-01T00:00:09Z' } },
    },
  ],
};

/** A StatefulSet or DaemonSet `shop/checkout` of three, on an API server with nobody who goes on with it. */
export interface SetRollout {
  readonly api: KubeApi;
  readonly clients: Clients;
  readonly action: Action;
  readonly target: Target;
  /** Puts this template; `more` goes over the rest of the object. */
  deploy(
    now: PodTemplate,
    more?: { readonly metadata?: object; readonly spec?: object; readonly status?: object },
  ): void;
  /** Keeps a revision, made in that second of an hour. */
  keep(number: number, made: PodTemplate, born: number, name?: string): void;
  /** A pod of the revision of that name: `h4`; `placed`: on node n when absent. */
  pod(ordinal: number, revision: string, status?: object, meta?: object, placed?: object): string;
  /** Revision 3 is good, and has the pods 0 and 1; revision 4 is broken, and its pod 2 can not start. */
  stuck(): void;
  state(): Promise<WorkloadState>;
  /** The plans, or why there are none. */
  plans(): Promise<readonly Plan[] | string>;
  /** The first of them, as it comes back from the store. */
  planned(): Promise<Plan>;
}

export async function startSetRollout(kind: SetKind): Promise<SetRollout> {
  const api = await startKubeApi();
  const clients: Clients = { docker: new Map(), kubernetes: new Map([['prod', api.client]]) };
  const action = kind === 'statefulset' ? rollbackStatefulSet : rollbackDaemonSet;
  const target: Target = { kind, key: `kubernetes/prod/shop/${kind}/checkout`, uid };
  const owner = { apiVersion: 'apps/v1', kind: 'any', name: 'checkout', uid, controller: true };
  const ownerReferences = [owner];

  const deploy: SetRollout['deploy'] = (template, more = {}) => {
    const counts =
      kind === 'statefulset'
        ? { replicas: 3, updatedReplicas: 1, availableReplicas: 2 }
        : { desiredNumberScheduled: 3, updatedNumberScheduled: 1, numberAvailable: 2 };
    api.put(`${kind}s.apps` as const, {
      metadata: { ...place, uid, generation: 4, ...more.metadata },
      spec: {
        ...(kind === 'statefulset' && { replicas: 3 }),
        selector: { matchLabels: labels },
        template,
        ...more.spec,
      },
      status: { observedGeneration: 4, ...counts, ...more.status },
    });
  };
  const keep: SetRollout['keep'] = (revision, { metadata, spec }, born, name = `h${revision}`) =>
    void api.put('controllerrevisions.apps', {
      metadata: {
        namespace: 'shop',
        name: `checkout-${name}`,
        uid: `uid-${name}`,
        creationTimestamp: new Date(Date.parse(startedAt) + born * 1000).toISOString(),
        labels: { ...labels, ...(kind === 'daemonset' && { 'controller-revision-hash': name }) },
        ownerReferences,
      },
      revision,
      data: { spec: { template: { $patch: 'replace', metadata: { creationTimestamp: null, ...metadata }, spec } } },
    });
  const pod: SetRollout['pod'] = (ordinal, revision, status = well, meta = {}, placed = { nodeName: 'n' }) => {
    const hash = kind === 'statefulset' ? `checkout-${revision}` : revision;
    return api.put('pods', {
      metadata: {
        namespace: 'shop',
        name: `checkout-${ordinal}`,
        labels: { ...labels, 'controller-revision-hash': hash },
        ownerReferences,
        ...meta,
      },
      spec: { ...placed, containers: [{ name: 'app' }] },
      status,
    }).metadata.uid;
  };
  function stuck(): void {
    keep(3, good, 0);
    keep(4, broken, 60);
    pod(0, 'h3');
    pod(1, 'h3');
    pod(2, 'h4', sick);
  }
  const state = async (): Promise<WorkloadState> => {
    const seen = await observeWorkload(kind)(target, clients);
    if (seen === undefined) throw new Error('it is gone');
    return seen;
  };
  async function plans(): Promise<readonly Plan[] | string> {
    const extra = await action.observe(target, clients);
    const answer = action.plan({ target, state: await state(), extra, params: undefined, labels: {}, now: 1 });
    return 'ok' in answer ? answer.reason : answer;
  }
  async function planned(): Promise<Plan> {
    const answer = await plans();
    const first = typeof answer === 'string' ? undefined : answer[0];
    if (first === undefined) throw new Error(`no plan: ${JSON.stringify(answer)}`);
    // JSON of what was a plan.
    return JSON.parse(JSON.stringify(first)) as Plan;
  }
  deploy(broken);
  return { api, clients, action, target, deploy, keep, pod, stuck, state, plans, planned };
}
