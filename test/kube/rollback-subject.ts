import { rollbackDaemonSet } from '../../src/actions/rollback/daemonset.ts';
import { rollbackStatefulSet } from '../../src/actions/rollback/statefulset.ts';
import type { Action } from '../../src/domain/action.ts';
import type { Pod, PodTemplate } from '../../src/domain/kubernetes.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { Target } from '../../src/domain/target.ts';
import { kubernetesKey } from '../../src/kubernetes/key.ts';
import { observeWorkload } from '../../src/kubernetes/observe-workload.ts';
import { isSetHistory, type SetHistory } from '../../src/kubernetes/set-history.ts';
import type { WorkloadState } from '../../src/kubernetes/state.ts';
import { symptoms } from '../../src/kubernetes/workload.ts';
import type { ClusterClients } from '../harness/cluster-clients.ts';
import { daemonSet, statefulSet, type WorkloadOptions } from '../harness/kube-objects.ts';

export type SetKind = 'statefulset' | 'daemonset';
const resources = { statefulset: 'statefulsets.apps', daemonset: 'daemonsets.apps' } as const;
const made = { statefulset: statefulSet, daemonset: daemonSet };

/** One StatefulSet of three, or one DaemonSet, on a real cluster, and what there is to roll back. */
export class RollbackSubject {
  readonly of: ClusterClients;
  readonly kind: SetKind;
  readonly name: string;
  /** Of the object's spec, in every version. */
  readonly spec: Readonly<Record<string, unknown>>;
  readonly action: Action;
  constructor(of: ClusterClients, kind: SetKind, name: string, spec: Readonly<Record<string, unknown>> = {}) {
    this.of = of;
    this.kind = kind;
    this.name = name;
    this.spec = spec;
    this.action = kind === 'statefulset' ? rollbackStatefulSet : rollbackDaemonSet;
  }
  async apply(options: Partial<WorkloadOptions> = {}, by?: string): Promise<void> {
    const { namespace, cluster } = this.of;
    const spec = { ...this.spec, ...options.spec };
    await cluster.apply(made[this.kind]({ replicas: 3, ...options, spec, namespace, name: this.name }), by);
  }
  /** Rolls out a good version to its end; answers its template. */
  async rollOut(options: Partial<WorkloadOptions> = {}): Promise<PodTemplate> {
    await this.apply(options);
    await this.untilWell();
    // Which revision is the earlier one is told by whole seconds: the next one is to be of another.
    await this.of.cluster.waitFor(`${this.name} to be of another second`, async () => {
      const { current } = await this.history();
      return current !== undefined && Date.now() - current.born > 2_000;
    });
    return this.template();
  }
  async read() {
    const { namespace, cluster } = this.of;
    const found = await cluster.get(resources[this.kind], { namespace, name: this.name });
    if (found === undefined) throw new Error(`${this.name} is gone`);
    return found;
  }
  async template(): Promise<PodTemplate> {
    return (await this.read()).spec.template;
  }
  async pods(): Promise<readonly Pod[]> {
    return this.of.cluster.list('pods', this.of.namespace, `app=${this.name}`);
  }
  async target(): Promise<Target> {
    const { kind, name, of } = this;
    const key = kubernetesKey({ cluster: 'prod', namespace: of.namespace, kind, name });
    return { kind, key, uid: (await this.read()).metadata.uid };
  }
  async state(): Promise<WorkloadState> {
    const state = await observeWorkload(this.kind)(await this.target(), this.of.clients);
    if (state === undefined) throw new Error(`${this.name} is gone`);
    return state;
  }
  async history(): Promise<SetHistory> {
    const observed = await this.action.observe(await this.target(), this.of.clients);
    // Beside what is remembered, which is nothing here.
    const history = typeof observed === 'object' && observed !== null && 'rest' in observed ? observed.rest : observed;
    if (!isSetHistory(history)) throw new Error(`${this.name} has no history`);
    return history;
  }
  async untilWell(): Promise<void> {
    await this.of.cluster.waitFor(`${this.name} to be well`, async () => symptoms(await this.state()).length === 0);
  }
  async untilIll(): Promise<void> {
    await this.of.cluster.waitFor(`trouble of ${this.name}`, async () => (await this.state()).ill > 0);
  }
  /** The plans, or why there are none. */
  async answer(): Promise<readonly Plan[] | string> {
    const target = await this.target();
    const [state, extra] = await Promise.all([this.state(), this.action.observe(target, this.of.clients)]);
    const answer = this.action.plan({ target, state, extra, params: undefined, labels: {}, now: Date.now() });
    return 'ok' in answer ? answer.reason : answer;
  }
  /** Waits for the roll-out of something bad to show, and plans; the plan is as it comes back from the store. */
  async plan(): Promise<Plan> {
    const plan = await this.of.cluster.waitFor(`a plan for ${this.name}`, async () => {
      const answer = await this.answer();
      return typeof answer === 'string' ? undefined : answer[0];
    });
    // JSON of what was a plan.
    return JSON.parse(JSON.stringify(plan)) as Plan;
  }
  /** What we wrote about the workload itself, as the API server has it on record: verb and status. */
  async writes(): Promise<readonly string[]> {
    const { namespace, cluster } = this.of;
    const writes = await cluster.auditedWrites({ namespace, name: this.name });
    return writes.map(({ verb, resource, code }) => `${verb} ${resource} ${code}`);
  }
  /** The pods we asked to be evicted. */
  async evictions(): Promise<readonly string[]> {
    const { namespace, cluster } = this.of;
    const writes = await cluster.auditedWrites({ namespace, resource: 'pods/eviction' });
    return writes.map(({ name }) => name).filter((name) => name.startsWith(`${this.name}-`));
  }
}
