import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cordonedBy, type NodeScene, startNodeScene } from '../../../test/fakes/kube-node-scene.ts';
import { drillLabels } from '../../domain/drill-things.ts';
import type { Plan } from '../../domain/plan.ts';
import { change as drainChange } from './change.ts';
import { drainNode } from './node.ts';

const signal = new AbortController().signal;
let scene: NodeScene;
beforeEach(async () => {
  scene = await startNodeScene({ protectedNamespaces: ['payments'] });
});
afterEach(() => scene.api.close());

const db = 'kubernetes/prod/shop/statefulset/db';
/** Its first pod, by name and uid. */
const pinnedIn = (change: Plan['change']) => {
  const [first] = drainChange.parse(change).pods;
  return { namespace: first?.namespace, name: first?.name, uid: first?.uid };
};

describe('drain', () => {
  it('is planned with the pods it moves, their workloads among what it touches', async () => {
    scene.pod('db-0');
    scene.pod('db-1', { spec: { volumes: [{ name: 'tmp', emptyDir: {} }] } });
    scene.pod('logs', { owner: 'DaemonSet' });
    scene.pod('elsewhere', { spec: { nodeName: 'node-1' } });
    const planned = await scene.planOf(drainNode, { timeout: '10m', delete_emptydir: true });
    expect(planned).toEqual({
      summary:
        'drain node node-2: cordon it and evict 2 pods within 10m as budgets allow, emptyDir data of 1 of them is deleted; it stays cordoned until somebody uncordons it',
      touches: ['kubernetes/prod/node/node-2', 'kubernetes/prod/nodes', 'kubernetes/prod/shop/statefulset/db'],
      change: {
        cluster: 'prod',
        name: 'node-2',
        uid: scene.target().uid,
        wasUnschedulable: false,
        wasIll: false,
        timeoutMs: 600_000,
        id: expect.stringMatching(/^[0-9a-f]{10}$/),
        pods: [
          { namespace: 'shop', name: 'db-0', uid: expect.any(String), group: db },
          { namespace: 'shop', name: 'db-1', uid: expect.any(String), group: db },
        ],
        // They have no condition that says that they are ready.
        well: { [db]: 0 },
      },
      ownTimeMs: 5_000,
      undo: 'unless all of them go: uncordon node node-2, if the cordon is still ours; evicted pods do not come back',
    });
    expect(scene.api.writes()).toEqual([]);
  });

  it('also moves a pod that a backup or a drill of ours goes on in, whatever it holds', async () => {
    const labels = { ...drillLabels('d_1'), 'app.kubernetes.io/part-of': 'paramedic' };
    scene.pod('db-0');
    scene.pod('paramedic-drill-0123456789ab', {
      owner: null,
      labels,
      spec: { volumes: [{ name: 'data', emptyDir: {} }] },
    });
    const { change } = await scene.planOf(drainNode);
    await drainNode.apply(change, scene.clients, signal);
    expect(scene.podNames().toSorted()).toEqual(['db-0', 'paramedic-drill-0123456789ab']);
    // What is only called so is left to whoever it is of.
    scene.pod('paramedic-drill-ba9876543210', { owner: null });
    expect(await scene.refusalOf(drainNode)).toMatch(/paramedic-drill-ba9876543210/);
  });

  it('cordons and evicts, once, and is done when the pods are gone', async () => {
    scene.pod('db-0');
    scene.pod('db-1');
    const before = await scene.state();
    const { change } = await scene.planOf(drainNode);
    expect(await drainNode.settled(change, scene.clients)).toBe('not-done');
    await drainNode.apply(change, scene.clients, signal);
    expect(scene.isCordoned()).toBe(true);
    expect(scene.podNames()).toEqual(['db-0', 'db-1']);
    expect(await drainNode.settled(change, scene.clients)).toBe('done');
    expect(drainNode.verify({ before, state: await scene.state(), change })).toMatchObject({ ok: true });
    // What takes their place there is no pod of the plan.
    scene.pod('db-0');
    await drainNode.apply(change, scene.clients, signal);
    expect(scene.api.get('pods', { namespace: 'shop', name: 'db-0' })).toBeDefined();
    expect(await drainNode.settled(change, scene.clients)).toBe('done');
    await drainNode.undo(change, scene.clients, signal);
    expect(scene.isCordoned()).toBe(false);
    expect(await drainNode.settled(change, scene.clients)).toBe('not-done');
  });

  it('is refused where our own Redis would move, which is found by one read', async () => {
    scene.pod('db-0', { labels: { app: 'db' } });
    scene.pod('web-0', { owner: 'ReplicaSet' });
    scene.api.put('services', { metadata: { namespace: 'shop', name: 'redis' }, spec: { selector: { app: 'db' } } });
    const ownRedis = { host: 'redis.shop.svc', port: 6379, engines: [], clusters: ['prod'], namespace: 'medic' };
    const extra = await drainNode.observe(scene.target(), { ...scene.clients, ownRedis });
    const given = { target: scene.target(), state: await scene.state(), params: {}, labels: {}, now: 1_000 };
    expect(drainNode.plan({ ...given, extra })).toEqual({
      ok: false,
      reason:
        "node node-2 is not drained: pod shop/db-0 is never acted on: Paramedic's own Redis runs in it (redis.url); drain it by hand",
    });
    expect(scene.api.requests.filter(({ path }) => path.includes('/services'))).toHaveLength(1);
  });

  it('goes on where it stopped', async () => {
    scene.pod('db-0');
    scene.pod('db-1');
    const { change } = await scene.planOf(drainNode);
    scene.api.fault({ kind: 'reset', matches: ({ path }) => path.endsWith('db-1/eviction') });
    await expect(drainNode.apply(change, scene.clients, signal)).rejects.toMatchObject({ retryable: true });
    expect(await drainNode.settled(change, scene.clients)).toBe('not-done');
    await drainNode.apply(change, scene.clients, signal);
    expect(scene.api.get('pods', { namespace: 'shop', name: 'db-1' })).toBeUndefined();
    expect(scene.api.writes().filter(({ method }) => method === 'PATCH')).toHaveLength(1);
  });

  it('protects what is not on the node any more: it is kept though the node stays ill', () => {
    expect(drainNode.keepsEffect).toBe(true);
  });

  it('has come about once all pods are gone or stopping, however long they take', async () => {
    scene.pod('db-0');
    const before = await scene.state();
    const { change } = await scene.planOf(drainNode);
    await drainNode.apply(change, scene.clients, signal);
    scene.pod('db-0', { metadata: { ...pinnedIn(change), deletionTimestamp: '2026-01-01T00:00:00Z' } });
    expect(await drainNode.settled(change, scene.clients)).toBe('done');
    expect(drainNode.verify({ before, state: await scene.state(), change })).toEqual({
      ok: true,
      reason: 'node node-2 is drained of 1 pods',
    });
  });

  it('waits for pods that are still there, and is certain once somebody has uncordoned the node', async () => {
    scene.pod('db-0');
    const before = await scene.state();
    const { change } = await scene.planOf(drainNode);
    expect(drainNode.verify({ before, state: { ...before, unschedulable: true }, change })).toEqual({
      ok: false,
      reason: '1 of 1 pods are still on node node-2: shop/db-0 …',
    });
    expect(drainNode.verify({ before, state: before, change })).toMatchObject({ ok: false, certain: true });
  });

  it('that a budget blocks ends in time, names the budget, and takes its cordon back', async () => {
    scene.pod('db-0', { labels: { app: 'db' } });
    scene.budget(0);
    const { change } = await scene.planOf(drainNode, { timeout: '1s' });
    await expect(drainNode.apply(change, scene.clients, signal)).rejects.toMatchObject({
      message: expect.stringMatching(/^0 of 1 pods were evicted within 1s, then shop\/db-0 was blocked: .*db-budget/),
      reason: 'conflict',
      retryable: false,
    });
    expect(scene.isCordoned()).toBe(true);
    await drainNode.undo(change, scene.clients, signal);
    expect(scene.isCordoned()).toBe(false);
  });

  it.each([
    ['paramedic', false],
    ['kubectl-cordon', true],
  ])('takes back the cordon of %s that was there before: it stays is %s', async (manager, stays) => {
    scene.put('node-2', { spec: { unschedulable: true }, metadata: cordonedBy(manager) });
    scene.pod('db-0');
    const { change, undo } = await scene.planOf(drainNode);
    expect(undo === undefined).toBe(stays);
    await drainNode.undo(change, scene.clients, signal);
    expect(scene.isCordoned()).toBe(stays);
  });

  it('leaves a cordon that was there before', async () => {
    scene.put('node-2', { spec: { unschedulable: true } });
    scene.pod('db-0');
    const { change, undo } = await scene.planOf(drainNode);
    expect(undo).toBeUndefined();
    await drainNode.apply(change, scene.clients, signal);
    await drainNode.undo(change, scene.clients, signal);
    expect(scene.isCordoned()).toBe(true);
  });

  it.each<[string, () => void, RegExp]>([
    [
      'the monitoring',
      () => scene.pod('a', { labels: { app: 'alertmanager' } }),
      /: pod shop\/a is never acted on: alertmanager is part of the monitoring; drain it by hand$/,
    ],
    [
      'a pod of Kubernetes itself',
      () => scene.pod('dns', { metadata: { namespace: 'kube-system' } }),
      /: pod kube-system\/dns is never acted on: kube-system is Kubernetes' own namespace; drain it by hand$/,
    ],
    [
      'a pod of a protected namespace',
      () => scene.pod('a', { metadata: { namespace: 'payments' } }),
      /: pod payments\/a is never acted on: the namespace payments is protected in the configuration of cluster prod/,
    ],
    [
      'a pod that is left alone',
      () => scene.pod('a', { metadata: { annotations: { 'paramedic.dev/mode': 'none' } } }),
      /: pod shop\/a is never acted on: its annotation paramedic\.dev\/mode is none; drain it by hand$/,
    ],
    ['nothing to move', () => scene.pod('logs', { owner: 'DaemonSet' }), /: no pod runs on it that would move/],
    [
      'bare pods',
      () => (scene.pod('a', { owner: null }), scene.pod('b', { owner: null })),
      /: pods shop\/a, shop\/b would be gone for ever/,
    ],
    [
      'emptyDir volumes',
      () => scene.pod('a', { spec: { volumes: [{ emptyDir: {} }] } }),
      /: pod shop\/a would lose the data in emptyDir volumes; .*delete_emptydir: true/,
    ],
    [
      'no other node that takes pods',
      () => (scene.pod('a'), scene.put('node-1', { conditions: [] })),
      /: no other node is ready and schedulable/,
    ],
    [
      'less than half of the nodes left',
      () => {
        scene.pod('a');
        scene.put('node-3');
        for (const name of ['node-4', 'node-5']) scene.put(name, { spec: { unschedulable: true } });
      },
      /: only 2 of 5 nodes would stay ready and schedulable, less than half$/,
    ],
  ])('is refused with %s', async (_what, arrange, reason) => {
    arrange();
    expect(await scene.refusalOf(drainNode)).toMatch(reason);
    expect(await scene.refusalOf(drainNode)).toMatch(/^node node-2 is not drained: /);
  });

  it("leaves what belongs to the node in Kubernetes' own namespace, and moves the rest", async () => {
    scene.pod('proxy', { owner: 'DaemonSet', metadata: { namespace: 'kube-system' } });
    scene.pod('etcd', { owner: 'Node', metadata: { namespace: 'kube-system' } });
    scene.pod('db-0');
    expect((await scene.planOf(drainNode)).change).toMatchObject({ pods: [{ name: 'db-0' }] });
  });

  it('asks nobody about pods that are going already', async () => {
    scene.pod('a', { owner: null, metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } });
    expect((await scene.planOf(drainNode)).change).toMatchObject({ pods: [{ name: 'a' }] });
  });

  it.each([{ timeout: '31m' }, { timeout: '500ms' }, { timeout: 'soon' }, { force: true }])('takes no %o', (params) => {
    expect(drainNode.params.safeParse(params).success).toBe(false);
  });

  it('has five minutes by default', () => {
    expect(drainNode.params.parse(undefined)).toEqual({ timeoutMs: 300_000, deleteEmptyDir: false });
    expect(drainNode.params.parse({})).toEqual(drainNode.params.parse(undefined));
  });
});
