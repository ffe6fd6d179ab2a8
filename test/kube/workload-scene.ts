import { expect } from 'vitest';
import type { Action } from '../../src/domain/action.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { Target } from '../../src/domain/target.ts';
import { kubernetesKey } from '../../src/kubernetes/key.ts';
import { observeWorkload } from '../../src/kubernetes/observe-workload.ts';
import type { WorkloadState } from '../../src/kubernetes/state.ts';
import { symptoms } from '../../src/kubernetes/workload.ts';
import type { ClusterClients } from '../harness/cluster-clients.ts';
import { inPod } from '../harness/kube-exec.ts';
import type { WorkloadOptions } from '../harness/kube-objects.ts';

export const signal = new AbortController().signal;
const name = 'web';
const resources = {
  deployment: 'deployments.apps',
  statefulset: 'statefulsets.apps',
  daemonset: 'daemonsets.apps',
} as const;

/** The uids of its pods that are not on their way out. */
export const uidsOf = ({ pods }: WorkloadState): readonly string[] =>
  pods.filter(({ terminating }) => !terminating).map(({ uid }) => uid);

/** One workload `web` in a namespace of its own: what makes it ill, and what an action then does to it. */
export interface WorkloadScene {
  readonly namespace: string;
  /** To be made. */
  app(fields?: Pick<WorkloadOptions, 'replicas' | 'spec'>): WorkloadOptions;
  state(): Promise<WorkloadState>;
  until(what: string, shows: (state: WorkloadState) => boolean): Promise<WorkloadState>;
  well(): Promise<WorkloadState>;
  /** Makes pods of it hang, and waits until that shows. */
  hang(howMany: number): Promise<WorkloadState>;
  /** The best plan, or the sentence that says why there is none. */
  answer(action: Action, state: WorkloadState, params?: unknown): Promise<Plan | string>;
  plan(action: Action, state: WorkloadState, params?: unknown): Promise<Plan>;
  /** Plans it, applies it twice, and waits until its effect shows and the workload is well. */
  carryOut(action: Action, before: WorkloadState, params?: unknown): Promise<WorkloadState>;
  generation(): Promise<number | undefined>;
}

export async function workloadScene(
  { cluster, clients }: Pick<ClusterClients, 'cluster' | 'clients'>,
  kind: WorkloadState['kind'],
): Promise<WorkloadScene> {
  const namespace = await cluster.namespace('workload-actions');
  const target: Target = { kind, key: kubernetesKey({ cluster: 'prod', namespace, kind, name }) };
  const scene: WorkloadScene = {
    namespace,
    app: (fields = {}) => ({ namespace, name, ...fields }),
    async state() {
      const state = await observeWorkload(kind)(target, clients);
      if (state === undefined) throw new Error(`${kind} ${name} is gone`);
      return state;
    },
    until: (what, shows) =>
      cluster.waitFor(what, async () => {
        const state = await scene.state();
        return shows(state) && state;
      }),
    well: () => scene.until(`${kind} to be well`, (state) => symptoms(state).length === 0),
    async hang(howMany) {
      // One that was never ready for a while may be warming up.
      const served = await scene.until(
        `${kind} to have served for 5 s`,
        (state) => symptoms(state).length === 0 && state.pods.every(({ startedAt }) => Date.now() - startedAt > 5_000),
      );
      const pods = served.pods.slice(0, howMany);
      for (const pod of pods) await inPod(cluster.kubeconfig, { namespace, name: pod.name }, 'rm /www/index.html');
      return scene.until('its pods to be ill', ({ ill }) => ill === howMany);
    },
    async answer(action, state, params) {
      const extra = await action.observe(target, clients);
      const answer = action.plan({ target, state, extra, params, labels: {}, now: Date.now() });
      return 'ok' in answer ? answer.reason : (answer[0] ?? 'no plan');
    },
    async plan(...args) {
      const plan = await scene.answer(...args);
      if (typeof plan === 'string') throw new Error(plan);
      return plan;
    },
    async carryOut(action, before, params) {
      const { change } = await scene.plan(action, before, params);
      expect(await action.settled(change, clients)).toBe('not-done');
      expect(action.verify({ before, state: before, change }).ok).toBe(false);
      await action.apply(change, clients, signal);
      await action.apply(change, clients, signal);
      expect(await action.settled(change, clients)).toBe('done');
      const shows = (state: WorkloadState) =>
        action.verify({ before, state, change }).ok && symptoms(state).length === 0;
      const after = await scene.until(`the effect of ${action.key}`, shows);
      // Once more, long after: a second roll-out would show in the generation.
      await action.apply(change, clients, signal);
      return after;
    },
    generation: async () => (await cluster.get(resources[kind], { namespace, name }))?.metadata.generation,
  };
  return scene;
}
