import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deletePodOfDeployment } from '../../src/actions/delete-pod/deployment.ts';
import { deletePodOfStatefulSet } from '../../src/actions/delete-pod/statefulset.ts';
import { restartDaemonSet } from '../../src/actions/restart/daemonset.ts';
import { restartDeployment } from '../../src/actions/restart/deployment.ts';
import { restartStatefulSet } from '../../src/actions/restart/statefulset.ts';
import { scaleDeployment } from '../../src/actions/scale/deployment.ts';
import { scaleStatefulSet } from '../../src/actions/scale/statefulset.ts';
import { createKubernetesClient } from '../../src/clients/kubernetes.ts';
import type { Action } from '../../src/domain/action.ts';
import type { Clients } from '../../src/domain/clients.ts';
import type { KubernetesClient } from '../../src/domain/kubernetes-client.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { Target } from '../../src/domain/target.ts';
import { kubernetesKey } from '../../src/kubernetes/key.ts';
import { observeWorkload } from '../../src/kubernetes/observe-workload.ts';
import type { WorkloadState } from '../../src/kubernetes/state.ts';
import { symptoms } from '../../src/kubernetes/workload.ts';
import { testCluster, type TestCluster } from '../harness/cluster.ts';
import { inPod } from '../harness/kube-exec.ts';
import { autoscaler, daemonSet, deployment, disruptionBudget, statefulSet } from '../harness/kube-objects.ts';

type Kind = WorkloadState['kind'];
const signal = new AbortController().signal;
const name = 'web';
let cluster: TestCluster;
let client: KubernetesClient;
let clients: Clients;
let namespace: string;

beforeAll(async () => {
  const kubeconfig = process.env['KUBECONFIG'] ?? '';
  client = await createKubernetesClient({ name: 'prod', kubeconfig, isDefault: true, protectedNamespaces: [] });
  clients = { docker: new Map(), kubernetes: new Map([['prod', client]]) };
});
afterAll(() => client.close());
beforeEach(async () => {
  cluster = await testCluster();
  namespace = await cluster.namespace('workload-actions');
});
afterEach(() => cluster.close());

/** Well as long as a file of its own is there. */
const app = (fields: { readonly replicas?: number; readonly spec?: Readonly<Record<string, unknown>> } = {}) => ({
  namespace,
  name,
  command: 'touch /tmp/ok; while true; do sleep 1; done',
  container: { readinessProbe: { exec: { command: ['cat', '/tmp/ok'] }, periodSeconds: 1, failureThreshold: 1 } },
  ...fields,
});
const targetOf = (kind: Kind): Target => ({ kind, key: kubernetesKey({ cluster: 'prod', namespace, kind, name }) });
async function stateOf(kind: Kind): Promise<WorkloadState> {
  const state = await observeWorkload(kind)(targetOf(kind), clients);
  if (state === undefined) throw new Error(`${kind} ${name} is gone`);
  return state;
}
const until = (kind: Kind, what: string, shows: (state: WorkloadState) => boolean) =>
  cluster.waitFor(what, async () => {
    const state = await stateOf(kind);
    return shows(state) && state;
  });
const well = (kind: Kind) => until(kind, `${kind} to be well`, (state) => symptoms(state).length === 0);

/** Makes pods of it hang, and waits until that shows. */
async function hang(kind: Kind, howMany: number): Promise<WorkloadState> {
  // One that was never ready for a while may be warming up.
  const served = await until(
    kind,
    `${kind} to have served for 5 s`,
    (state) => symptoms(state).length === 0 && state.pods.every(({ startedAt }) => Date.now() - startedAt > 5_000),
  );
  const pods = served.pods.slice(0, howMany);
  for (const pod of pods) await inPod(cluster.kubeconfig, { namespace, name: pod.name }, 'rm /tmp/ok');
  return until(kind, 'its pods to be ill', ({ ill }) => ill === howMany);
}
async function plans(action: Action, state: WorkloadState, params?: unknown): Promise<Plan | string> {
  const target = targetOf(state.kind);
  const extra = await action.observe(target, clients);
  const answer = action.plan({ target, state, extra, params, labels: {}, now: Date.now() });
  return 'ok' in answer ? answer.reason : (answer[0] ?? 'no plan');
}
async function planOf(...args: Parameters<typeof plans>): Promise<Plan> {
  const plan = await plans(...args);
  if (typeof plan === 'string') throw new Error(plan);
  return plan;
}
/** Plans it, applies it twice, and waits until its effect shows and the workload is well. */
async function carryOut(action: Action, before: WorkloadState, params?: unknown): Promise<WorkloadState> {
  const { kind } = before;
  const { change } = await planOf(action, before, params);
  expect(await action.settled(change, clients)).toBe('not-done');
  expect(action.verify({ before, state: before, change }).ok).toBe(false);
  await action.apply(change, clients, signal);
  await action.apply(change, clients, signal);
  expect(await action.settled(change, clients)).toBe('done');
  const shows = (state: WorkloadState) => action.verify({ before, state, change }).ok && symptoms(state).length === 0;
  const after = await until(kind, `the effect of ${action.key}`, shows);
  // Once more, long after: a second roll-out would show in the generation.
  await action.apply(change, clients, signal);
  return after;
}
const uidsOf = ({ pods }: WorkloadState) => pods.filter(({ terminating }) => !terminating).map(({ uid }) => uid);
const generation = async (resource: 'deployments.apps' | 'statefulsets.apps' | 'daemonsets.apps') =>
  (await cluster.get(resource, { namespace, name }))?.metadata.generation;

describe('restart', () => {
  it('replaces all pods of a Deployment by one roll-out', async () => {
    await cluster.apply(deployment(app({ replicas: 2 })));
    const before = await hang('deployment', 2);
    const after = await carryOut(restartDeployment, before);
    expect(uidsOf(after)).toHaveLength(2);
    expect(uidsOf(after).filter((uid) => uidsOf(before).includes(uid))).toEqual([]);
    expect(await cluster.list('replicasets.apps', namespace)).toHaveLength(2);
    expect(await generation('deployments.apps')).toBe(2);
  });

  it('replaces all pods of a DaemonSet', async () => {
    await cluster.apply(daemonSet(app()));
    const before = await hang('daemonset', 1);
    const after = await carryOut(restartDaemonSet, before);
    expect(uidsOf(after).filter((uid) => uidsOf(before).includes(uid))).toEqual([]);
    expect(await generation('daemonsets.apps')).toBe(2);
  });

  it('replaces all pods of a StatefulSet that does not wait for the ill one', async () => {
    await cluster.apply(statefulSet(app({ replicas: 2, spec: { podManagementPolicy: 'Parallel' } })));
    const before = await hang('statefulset', 1);
    const after = await carryOut(restartStatefulSet, before);
    expect(uidsOf(after).filter((uid) => uidsOf(before).includes(uid))).toEqual([]);
    expect(await generation('statefulsets.apps')).toBe(2);
  });

  it('leaves those alone that still serve when a new pod could not start', async () => {
    const settings = { namespace, name: 'settings' };
    await cluster.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: settings, data: { COLOUR: 'red' } });
    const container = { envFrom: [{ configMapRef: { name: 'settings' } }] };
    await cluster.apply(deployment({ ...app({ replicas: 2 }), container }));
    const [gone] = (await well('deployment')).pods;
    await cluster.remove('configmaps', settings);
    await cluster.remove('pods', { namespace, name: gone?.name ?? '' });
    const state = await until(
      'deployment',
      'the missing setting to show',
      ({ ill, present }) => ill === 1 && present === 2,
    );
    expect(await plans(restartDeployment, state)).toMatch(
      /is not restarted: its new pods would not start either \(pod web-\S+: container app can not start \(CreateContainerConfigError: configmap "settings" not found\)\).* 1 now/,
    );
  });

  it('does not stop a sibling that is well where the strategy is Recreate', async () => {
    await cluster.apply(deployment(app({ replicas: 2, spec: { strategy: { type: 'Recreate' } } })));
    expect(await plans(restartDeployment, await hang('deployment', 1))).toMatch(
      /its strategy is Recreate.* 1 of them is ready/,
    );
  });

  it('names whoever takes it back', async () => {
    await cluster.apply(deployment(app()), 'gitops-bot');
    const before = await hang('deployment', 1);
    const { change } = await planOf(restartDeployment, before);
    await restartDeployment.apply(change, clients, signal);
    const annotations = { 'kubectl.kubernetes.io/restartedAt': null };
    await cluster.patch('deployments.apps', { namespace, name }, { spec: { template: { metadata: { annotations } } } });
    const state = await until('deployment', 'the annotation to be gone', ({ restartedAt }) => restartedAt === '');
    expect(restartDeployment.verify({ before, state, change })).toEqual({
      ok: false,
      certain: true,
      reason: `the restart of deployment ${namespace}/web was taken back by a writer that left no name; the last one on record is gitops-bot`,
    });
    expect(await restartDeployment.settled(change, clients)).toBe('not-done');
  });
});

describe('delete-pod', () => {
  it('evicts the pod that hangs, and no other', async () => {
    await cluster.apply(deployment(app({ replicas: 2 })));
    const before = await hang('deployment', 1);
    const [hung, other] = before.pods;
    const after = await carryOut(deletePodOfDeployment, before);
    expect(uidsOf(after)).toContain(other?.uid);
    expect(uidsOf(after)).not.toContain(hung?.uid);
    expect(await generation('deployments.apps')).toBe(1);
  });

  it('names the disruption budget that does not allow it', async () => {
    await cluster.apply(deployment(app({ replicas: 2 })));
    await cluster.apply({ ...disruptionBudget({ namespace, name, minAvailable: 2 }) });
    const before = await hang('deployment', 1);
    await cluster.waitFor('the budget to be counted', async () => {
      const budget = await cluster.get('poddisruptionbudgets.policy', { namespace, name });
      return budget?.status?.currentHealthy === 1;
    });
    const { change } = await planOf(deletePodOfDeployment, before);
    await expect(deletePodOfDeployment.apply(change, clients, signal)).rejects.toMatchObject({
      reason: 'conflict',
      retryable: false,
      message: expect.stringMatching(/^pod .* is not evicted: .*disruption budget web /),
    });
    expect(uidsOf(await stateOf('deployment')).toSorted()).toEqual(uidsOf(before).toSorted());
  });

  it('mends a StatefulSet in order, for which a restart would do nothing', async () => {
    await cluster.apply(statefulSet(app({ replicas: 2 })));
    const before = await hang('statefulset', 1);
    expect(await plans(restartStatefulSet, before)).toMatch(/waits until pod web-\d is ready .* delete-pod replaces/);
    const after = await carryOut(deletePodOfStatefulSet, before);
    expect(uidsOf(after)).not.toContain(before.pods[0]?.uid);
  });

  it('gets a StatefulSet past the pod that a bad version has left behind', async () => {
    const bad = { containers: [{ name: 'app', image: 'e2e.local/app:missing' }] };
    const good = app({ replicas: 2 });
    await cluster.apply(statefulSet(good));
    await well('statefulset');
    await cluster.patch(
      'statefulsets.apps',
      { namespace, name },
      { spec: { template: { spec: bad } } },
      { type: 'strategic' },
    );
    await until('statefulset', 'the bad version to show', ({ ill }) => ill === 1);
    await cluster.apply(statefulSet(good));
    const before = await until('statefulset', 'the controller to look', ({ observed, ill }) => observed && ill === 1);
    await carryOut(deletePodOfStatefulSet, before);
  });
});

describe('scale', () => {
  it('scales once, and back', async () => {
    await cluster.apply(deployment(app()));
    const after = await carryOut(scaleDeployment, await well('deployment'), { by: 1.5, max: 4 });
    expect(after.desired).toBe(2);
    expect(await generation('deployments.apps')).toBe(2);
    const { change } = await planOf(scaleDeployment, after, { to: 3 });
    await scaleDeployment.apply(change, clients, signal);
    await scaleDeployment.undo(change, clients, signal);
    await scaleDeployment.undo(change, clients, signal);
    expect((await stateOf('deployment')).desired).toBe(2);
    expect(await generation('deployments.apps')).toBe(4);
  });

  it('scales to none and from none', async () => {
    await cluster.apply(statefulSet(app()));
    const none = await carryOut(scaleStatefulSet, await well('statefulset'), { to: 0 });
    const { change } = await planOf(scaleStatefulSet, none, { to: 1 });
    await scaleStatefulSet.apply(change, clients, signal);
    expect((await stateOf('statefulset')).desired).toBe(1);
    await scaleStatefulSet.undo(change, clients, signal);
    expect((await stateOf('statefulset')).desired).toBe(0);
  });

  it('is refused where an autoscaler sets the number', async () => {
    await cluster.apply(deployment(app()));
    await cluster.apply(autoscaler({ namespace, name, min: 1, max: 4 }));
    expect(await plans(scaleDeployment, await stateOf('deployment'), { to: 3 })).toBe(
      `deployment ${namespace}/web is not scaled: its replicas are set by HorizontalPodAutoscaler web (1 to 4 replicas); change the bounds there`,
    );
  });

  it('names whoever takes it back', async () => {
    const manifest = deployment(app());
    await cluster.apply(manifest, 'gitops-bot');
    const before = await well('deployment');
    const { change } = await planOf(scaleDeployment, before, { to: 2 });
    await scaleDeployment.apply(change, clients, signal);
    await cluster.apply(manifest, 'gitops-bot');
    const state = await until('deployment', 'the number to be back', ({ desired }) => desired === 1);
    expect(scaleDeployment.verify({ before, state, change })).toEqual({
      ok: false,
      certain: true,
      reason: `scaling deployment ${namespace}/web to 2 replicas was taken back to 1 by gitops-bot`,
    });
  });

  it('leaves one alone that has another number by now', async () => {
    await cluster.apply(deployment(app()));
    const before = await well('deployment');
    const { change } = await planOf(scaleDeployment, before, { to: 3 });
    await cluster.patch('deployments.apps', { namespace, name }, { spec: { replicas: 2 } }, { subresource: 'scale' });
    await expect(scaleDeployment.apply(change, clients, signal)).rejects.toMatchObject({ reason: 'conflict' });
    expect((await stateOf('deployment')).desired).toBe(2);
  });
});
