import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cordonNode } from '../../../src/actions/cordon/node.ts';
import { begunAnnotation } from '../../../src/actions/drain/begin.ts';
import { drainNode } from '../../../src/actions/drain/node.ts';
import { uncordonNode } from '../../../src/actions/uncordon/node.ts';
import { createKubernetesClient } from '../../../src/clients/kubernetes.ts';
import type { Action } from '../../../src/domain/action.ts';
import type { Clients } from '../../../src/domain/clients.ts';
import type { Pod } from '../../../src/domain/kubernetes.ts';
import type { KubernetesClient } from '../../../src/domain/kubernetes-client.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import { isTarget, type Target } from '../../../src/domain/target.ts';
import { kubernetesCluster } from '../../../src/kubernetes/cluster.ts';
import type { MovedPod } from '../../../src/kubernetes/node-pods.ts';
import type { NodeState } from '../../../src/kubernetes/node-state.ts';
import { node } from '../../../src/targets/node/node.ts';
import { type TestCluster, testCluster } from '../../harness/cluster.ts';
import { barePod, deployment, disruptionBudget, type WorkloadOptions } from '../../harness/kube-objects.ts';

const signal = new AbortController().signal;
let cluster: TestCluster;
let namespace: string;
let clients: Clients;
let target: Target;
let name: string;

beforeAll(async () => {
  cluster = await testCluster();
  namespace = await cluster.namespace('drain');
  const { kubeconfig } = cluster;
  const client = await createKubernetesClient({ name: 'prod', kubeconfig, isDefault: true, protectedNamespaces: [] });
  clients = { docker: new Map(), kubernetes: new Map([['prod', client]]) };
  name = (await cluster.list('nodes')).at(-1)?.metadata.name ?? '';
  const kubernetes = [{ name: 'prod', isDefault: true, protectedNamespaces: [] }];
  const candidate = node.resolve({ node: name }, { docker: [], kubernetes });
  if (candidate === undefined || 'ok' in candidate) throw new Error(`no candidate: ${JSON.stringify(candidate)}`);
  const found = await node.confirm(candidate, clients);
  if (!isTarget(found)) throw new Error(found.reason);
  target = found;
});
afterEach(() => cordonBy(false));
afterAll(async () => {
  await clients.kubernetes.get('prod')?.close();
  await cluster.close();
});

/** As somebody else does it. */
const cordonBy = (unschedulable: boolean) => cluster.patch('nodes', { name }, { spec: { unschedulable } });
const note = async () => (await cluster.get('nodes', { name }))?.metadata.annotations?.[begunAnnotation] ?? '';
const isCordoned = async () => (await cluster.get('nodes', { name }))?.spec?.unschedulable === true;

async function state(): Promise<NodeState> {
  const seen = await node.observe(target, clients);
  if (seen === undefined) throw new Error(`node ${name} is gone`);
  return seen;
}
interface Seen {
  readonly nodes: unknown;
  readonly well: unknown;
  readonly pods: readonly MovedPod[];
}
/** Plans; of the pods on the node only those of our own namespace are seen. */
async function answerOf(action: Action, params?: object, now = Date.now()) {
  const seen = (await action.observe(target, clients)) as Seen | undefined;
  const own = action === drainNode && { pods: seen?.pods.filter((pod) => pod.namespace === namespace) };
  const extra = own === false ? seen : { ...seen, ...own };
  return action.plan({ target, state: await state(), extra, params, labels: {}, now });
}
async function planOf(action: Action, params?: object, now?: number): Promise<Plan> {
  const answer = await answerOf(action, params, now);
  if ('ok' in answer) throw new Error(answer.reason);
  const [plan] = answer;
  if (plan === undefined) throw new Error('an empty list of plans');
  return plan;
}

/** Runs on the node while it may, and elsewhere when not. */
const preferred = () => ({
  affinity: {
    nodeAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        {
          weight: 100,
          preference: { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [name] }] },
        },
      ],
    },
  },
});
async function serve(options: Omit<WorkloadOptions, 'namespace'>, minAvailable?: number): Promise<void> {
  const { name: web, replicas = 1 } = options;
  // The taint of a cordon goes some time after it, and until then the scheduler takes another node.
  await cluster.waitFor(`${name} to take pods`, async () => {
    const { spec } = (await cluster.get('nodes', { name })) ?? {};
    return !(spec?.taints ?? []).some(({ key }) => key === 'node.kubernetes.io/unschedulable');
  });
  if (minAvailable !== undefined) await cluster.apply(disruptionBudget({ namespace, name: web, minAvailable }));
  await cluster.apply(deployment({ pod: preferred(), ...options, namespace }));
  await cluster.waitFor(`${web} and its budget`, async () => {
    if (minAvailable === undefined) return (await ownPods(web)).filter(isReady).length === replicas;
    const budget = await cluster.get('poddisruptionbudgets.policy', { namespace, name: web });
    return budget?.status?.currentHealthy === replicas;
  });
}
const ownPods = (web: string) => cluster.list('pods', namespace, `app=${web}`);
const isReady = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp === undefined &&
  status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true;
async function end(web: string): Promise<void> {
  await cluster.remove('deployments.apps', { namespace, name: web });
  await cluster.waitFor(`the end of ${web}`, async () => (await ownPods(web)).length === 0);
}

describe('a real node', () => {
  it('is cordoned and uncordoned, and each is known by who did it', async () => {
    expect(node.symptoms(await state())).toEqual([]);
    const cordon = await planOf(cordonNode);
    await cordonNode.apply(cordon.change, clients, signal);
    await cordonNode.apply(cordon.change, clients, signal);
    expect(await state()).toMatchObject({ unschedulable: true, cordonedBy: 'paramedic' });
    expect(await cordonNode.settled(cordon.change, clients)).toBe('done');
    await cordonNode.undo(cordon.change, clients, signal);
    expect(await isCordoned()).toBe(false);

    await cordonBy(true);
    await cordonNode.undo(cordon.change, clients, signal);
    expect(await isCordoned()).toBe(true);
    expect(await answerOf(uncordonNode)).toMatchObject({ ok: false, reason: expect.stringContaining('not Paramedic') });
    const uncordon = await planOf(uncordonNode, { whoever_cordoned: true });
    expect(uncordon.summary).toMatch(/^uncordon node \S+ \(cordoned by \S+\): new pods may run on it again$/);
    await uncordonNode.apply(uncordon.change, clients, signal);
    expect(await isCordoned()).toBe(false);
    expect(await uncordonNode.settled(uncordon.change, clients)).toBe('done');
  });

  it('is drained as fast as a budget allows, and is drained of nothing else', async () => {
    await serve({ name: 'pair', replicas: 2 }, 1);
    const before = await state();
    const { change } = await planOf(drainNode, { timeout: '2m' });
    const uids = (await ownPods('pair')).map(({ metadata }) => metadata.uid);
    expect(change).toMatchObject({ pods: uids.map(() => ({ namespace })) });
    expect(drainNode.verify({ before, state: before, change }).ok).toBe(false);
    await drainNode.apply(change, clients, signal);
    await cluster.waitFor('its end', async () => (await drainNode.settled(change, clients)) === 'done');
    expect(drainNode.verify({ before, state: await state(), change })).toMatchObject({ ok: true });
    const moved = await cluster.waitFor('the end of the pods that stop', async () => {
      const there = await ownPods('pair');
      return there.every(({ metadata }) => metadata.deletionTimestamp === undefined) && there;
    });
    expect(moved.map(({ spec }) => spec.nodeName)).not.toContain(name);
    expect(moved.some(({ metadata }) => uids.includes(metadata.uid))).toBe(false);
    // A late worker evicts nobody: the pods are other ones.
    await drainNode.apply(change, clients, signal);
    expect((await ownPods('pair')).map(({ metadata }) => metadata.uid).toSorted()).toEqual(
      moved.map(({ metadata }) => metadata.uid).toSorted(),
    );
    await end('pair');
  });

  it('is drained in its whole time though a human was waited for longer, and by one worker after another in one time', async () => {
    await serve({ name: 'late' }, 1);
    const asked = Date.now() - 20 * 60_000;
    const { change } = await planOf(drainNode, { timeout: '6s' }, asked);
    const blocked = { message: expect.stringMatching(/^0 of 1 pods were evicted within 6s, then \S+ was blocked: /) };
    await expect(drainNode.apply(change, clients, signal)).rejects.toMatchObject(blocked);
    const noted = await note();
    expect(noted).toMatch(/^[0-9a-f]{10} \d{4}-\S+Z$/);
    expect(await state()).toMatchObject({ unschedulable: true, cordonedBy: 'paramedic' });
    await cluster.waitFor(
      'the end of its time',
      async () => Date.now() >= Date.parse(noted.split(' ')[1] ?? '') + 6_000,
    );
    const over = { message: expect.stringMatching(/^its time of 6s was over before \S+ was evicted$/) };
    await expect(drainNode.apply(change, clients, signal)).rejects.toMatchObject(over);
    await drainNode.undo(change, clients, signal);
    await expect(drainNode.apply(change, clients, signal)).rejects.toMatchObject(over);
    expect(await isCordoned()).toBe(false);
    expect(await note()).toBe(noted);
    await end('late');
  });

  it('that somebody else has cordoned is noted on, and its cordon stays his', async () => {
    await serve({ name: 'his' });
    await cordonBy(true);
    const { cordonedBy } = await state();
    const { change } = await planOf(drainNode, { timeout: '2m' });
    await drainNode.apply(change, clients, signal);
    expect(await state()).toMatchObject({ unschedulable: true, cordonedBy });
    await drainNode.undo(change, clients, signal);
    expect(await isCordoned()).toBe(true);
    await end('his');
  });

  it('is drained of one pod of a workload at a time where there is no budget', async () => {
    await serve({ name: 'members', replicas: 3 });
    const before = await ownPods('members');
    const { change } = await planOf(drainNode, { timeout: '4m' });
    const readyAtEach: number[] = [];
    const client = kubernetesCluster('prod', clients);
    const evict: KubernetesClient['evict'] = async (...pod) => {
      readyAtEach.push((await ownPods('members')).filter(isReady).length);
      return client.evict(...pod);
    };
    const watched = { ...clients, kubernetes: new Map([['prod', { ...client, evict }]]) };
    await drainNode.apply(change, watched, signal);
    expect(readyAtEach).toEqual([3, 3, 3]);
    const uids = before.map(({ metadata }) => metadata.uid);
    await cluster.waitFor('the last one to move', async () =>
      (await ownPods('members')).every(({ metadata, spec }) => !uids.includes(metadata.uid) && spec.nodeName !== name),
    );
    await end('members');
  });

  it('whose pod a budget holds is left as it was, in time, and the budget is named', async () => {
    await serve({ name: 'held' }, 1);
    const [pod] = await ownPods('held');
    const { change } = await planOf(drainNode, { timeout: '6s' });
    const stuck = drainNode.apply(change, clients, signal);
    await expect(stuck).rejects.toMatchObject({
      name: 'ActionError',
      reason: 'conflict',
      retryable: false,
      message: expect.stringMatching(/^0 of 1 pods were evicted within 6s, then \S+\/held-\S+ was blocked: .*\bheld\b/),
    });
    expect(await isCordoned()).toBe(true);
    await drainNode.undo(change, clients, signal);
    expect(await isCordoned()).toBe(false);
    expect((await ownPods('held')).map(({ metadata }) => metadata.uid)).toEqual([pod?.metadata.uid]);
    await end('held');
  });

  it('with a bare pod on it is not drained, and the pod is named', async () => {
    await cluster.apply(barePod({ namespace, name: 'alone', pod: { nodeName: name } }));
    expect(await answerOf(drainNode)).toMatchObject({
      ok: false,
      reason: `node ${name} is not drained: pod ${namespace}/alone would be gone for ever: no controller makes them again`,
    });
    await cluster.remove('pods', { namespace, name: 'alone' });
  });
});
