import type { Action } from '../../src/domain/action.ts';
import type { Clients } from '../../src/domain/clients.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { Target } from '../../src/domain/target.ts';
import type { NodeState } from '../../src/kubernetes/node-state.ts';
import { node } from '../../src/targets/node/node.ts';
import { startKubeApi, type KubeApi, type KubeApiOptions } from './kube-api.ts';

const ready = [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }];

export interface NodeParts {
  readonly spec?: object;
  /** Ready when absent. */
  readonly conditions?: readonly object[];
  readonly metadata?: object;
}
export interface PodParts {
  /** The kind of its controller, `StatefulSet` when absent; null: it has none. */
  readonly owner?: string | null;
  readonly labels?: object;
  readonly spec?: object;
  readonly metadata?: object;
  /** Running, and never said to be ready, when absent. */
  readonly status?: object;
}

/** A cluster of `node-1` and `node-2`, and the second of them as a target. */
export interface NodeScene {
  readonly api: KubeApi;
  readonly clients: Clients;
  target(): Target;
  /** Makes a node, or makes it anew with the uid it has. */
  put(name: string, more?: NodeParts): void;
  /** A pod `shop/<name>` on node-2. */
  pod(name: string, more?: PodParts): void;
  /** Of the pods with the label `app=db`, named `db-budget`. */
  budget(disruptionsAllowed: number): void;
  state(): Promise<NodeState>;
  /** Why there is no plan. */
  refusalOf(action: Action, params?: object): Promise<string>;
  /** The plan, as it comes back from the store. */
  planOf(action: Action, params?: object): Promise<Plan>;
  isCordoned(): boolean;
  /** The pods that were to be evicted, in order. */
  podNames(): readonly string[];
}

/** `metadata` of a node that this field manager has cordoned. */
export const cordonedBy = (manager: string) => ({
  managedFields: [
    { manager, operation: 'Update', time: '2026-01-01T00:00:00Z', fieldsV1: { 'f:spec': { 'f:unschedulable': {} } } },
  ],
});

export async function startNodeScene(options: KubeApiOptions = {}): Promise<NodeScene> {
  const api = await startKubeApi(options);
  const clients: Clients = { docker: new Map(), kubernetes: new Map([['prod', api.client]]) };
  function put(name: string, more: NodeParts = {}): void {
    const uid = api.get('nodes', { namespace: '', name })?.metadata.uid;
    api.put('nodes', {
      metadata: { name, ...(uid !== undefined && { uid }), ...more.metadata },
      spec: more.spec ?? {},
      status: { conditions: more.conditions ?? ready },
    });
  }
  function pod(name: string, more: PodParts = {}): void {
    const { owner = 'StatefulSet' } = more;
    const ownerReferences = [{ apiVersion: 'apps/v1', kind: owner, name: 'db', uid: 'o', controller: true }];
    api.put('pods', {
      metadata: {
        namespace: 'shop',
        name,
        labels: more.labels ?? {},
        ...(owner !== null && { ownerReferences }),
        ...more.metadata,
      },
      spec: { nodeName: 'node-2', containers: [], ...more.spec },
      status: more.status ?? { phase: 'Running' },
    });
  }
  const budget = (disruptionsAllowed: number) =>
    api.put('poddisruptionbudgets.policy', {
      metadata: { name: 'db-budget', namespace: 'shop' },
      spec: { selector: { matchLabels: { app: 'db' } } },
      status: { disruptionsAllowed, desiredHealthy: 1, currentHealthy: 1 },
    });

  const target = (): Target => {
    const uid = api.get('nodes', { namespace: '', name: 'node-2' })?.metadata.uid ?? '';
    return { kind: 'node', key: 'kubernetes/prod/node/node-2', uid };
  };
  const state = async (): Promise<NodeState> => {
    const seen = await node.observe(target(), clients);
    if (seen === undefined) throw new Error('it is gone');
    return seen;
  };
  async function answerOf(action: Action, params?: object) {
    const extra = await action.observe(target(), clients);
    return action.plan({ target: target(), state: await state(), extra, params, labels: {}, now: Date.now() });
  }
  async function refusalOf(action: Action, params?: object): Promise<string> {
    const answer = await answerOf(action, params);
    return 'ok' in answer ? answer.reason : 'it is planned';
  }
  async function planOf(action: Action, params?: object): Promise<Plan> {
    const answer = await answerOf(action, params);
    const [plan] = 'ok' in answer ? [] : answer;
    if (plan === undefined) throw new Error(`no plan: ${JSON.stringify(answer)}`);
    return JSON.parse(JSON.stringify(plan)) as Plan;
  }
  const isCordoned = (): boolean => api.get('nodes', { namespace: '', name: 'node-2' })?.spec?.unschedulable === true;
  const podNames = (): readonly string[] =>
    api.writes().flatMap(({ path }) => /pods\/([^/]+)\/eviction/.exec(path)?.[1] ?? []);
  for (const name of ['node-1', 'node-2']) put(name);
  return { api, clients, target, put, pod, budget, state, refusalOf, planOf, isCordoned, podNames };
}
