import { afterEach, beforeEach, expect, it } from 'vitest';
import { cordonedBy, type NodeScene, startNodeScene } from '../../../test/fakes/kube-node-scene.ts';
import type { Clients } from '../../domain/clients.ts';
import { begunAnnotation, drainId } from './begin.ts';
import { type Change, change } from './change.ts';
import { drainNode } from './node.ts';

const signal = new AbortController().signal;
const minute = 60_000;
let scene: NodeScene;
beforeEach(async () => {
  scene = await startNodeScene();
  scene.pod('db-0', { labels: { app: 'db' } });
});
afterEach(() => scene.api.close());

/** The change of a drain that was planned at that time, ms since the epoch, and may take 10 min. */
async function plannedAt(now: number): Promise<Change> {
  const [target, state] = [scene.target(), await scene.state()];
  const extra = await drainNode.observe(target, scene.clients);
  const answer = drainNode.plan({ target, state, extra, params: { timeout: '10m' }, labels: {}, now });
  return change.parse('ok' in answer ? answer : answer[0]?.change);
}
const noted = (): string =>
  scene.api.get('nodes', { namespace: '', name: 'node-2' })?.metadata.annotations?.[begunAnnotation] ?? '';
const note = ({ id }: Pick<Change, 'id'>, agoMs: number) => ({
  [begunAnnotation]: `${id} ${new Date(Date.now() - agoMs).toISOString()}`,
});
/** As a worker that died has left it. */
const begun = (annotations: object, unschedulable = true): void =>
  scene.put('node-2', { spec: { unschedulable }, metadata: { ...cordonedBy('paramedic'), annotations } });
const evictions = (): number => scene.podNames().length;
const isOver = {
  message: 'its time of 10m was over before shop/db-0 was evicted',
  reason: 'conflict',
  retryable: false,
};

it('has its whole time from when it is begun, however long ago it was planned', async () => {
  const of = await plannedAt(1_000);
  expect(JSON.stringify(of)).not.toMatch(/1000|601000/);
  expect(of).toEqual(await plannedAt(1_000));
  expect(of.id).toBe(drainId(of.uid, 1_000));
  expect(of.id).not.toBe((await plannedAt(2_000)).id);
  const before = Date.now();
  await drainNode.apply(of, scene.clients, signal);
  expect(scene.podNames()).toEqual(['db-0']);
  expect(scene.isCordoned()).toBe(true);
  const [id, at = ''] = noted().split(' ');
  expect(id).toBe(of.id);
  expect(Date.parse(at)).toBeGreaterThanOrEqual(before);
});

it('is cordoned and noted in one write, once', async () => {
  const of = await plannedAt(1_000);
  scene.api.fault({ kind: 'reset', matches: ({ path }) => path.endsWith('/eviction') });
  await expect(drainNode.apply(of, scene.clients, signal)).rejects.toMatchObject({ retryable: true });
  const first = noted();
  await drainNode.apply(of, scene.clients, signal);
  expect(noted()).toBe(first);
  expect(scene.api.writes().map(({ method }) => method)).toEqual(['PATCH', 'POST', 'POST']);
});

it('goes on with the time that was left when another worker does: none, and nothing is changed any more', async () => {
  const of = await plannedAt(Date.now());
  begun(note(of, 10 * minute));
  scene.put('node-1', { spec: { unschedulable: true } });
  await expect(drainNode.apply(of, scene.clients, signal)).rejects.toMatchObject(isOver);
  expect(scene.api.writes()).toEqual([]);
});

it('goes on with the time that was left when another worker does: too little to ask a budget once more', async () => {
  const of = await plannedAt(Date.now());
  scene.budget(0);
  begun(note(of, 10 * minute - 4_000));
  await expect(drainNode.apply(of, scene.clients, signal)).rejects.toMatchObject({
    message: expect.stringMatching(/^0 of 1 pods were evicted within 10m, then shop\/db-0 was blocked: .*db-budget/),
  });
  expect(evictions()).toBe(1);
});

it('has no longer because the clock of the worker before was ahead', async () => {
  const of = { ...(await plannedAt(Date.now())), timeoutMs: 2_000 };
  scene.budget(0);
  begun(note(of, -60 * minute));
  await expect(drainNode.apply(of, scene.clients, signal)).rejects.toMatchObject({
    message: expect.stringMatching(/^0 of 1 pods were evicted within 2s, then shop\/db-0 was blocked/),
  });
});

it.each<[string, () => Record<string, string>]>([
  ['of another drain', () => note({ id: drainId('other', 1) }, 10 * minute)],
  ['that no drain can have left', () => ({ [begunAnnotation]: 'soon' })],
])('takes no note %s for its own', async (_what, annotations) => {
  const of = await plannedAt(Date.now());
  begun({ ...annotations(), team: 'infra' });
  await drainNode.apply(of, scene.clients, signal);
  expect(evictions()).toBe(1);
  expect(noted()).toMatch(new RegExp(`^${of.id} `));
  const there = scene.api.get('nodes', { namespace: '', name: 'node-2' })?.metadata.annotations;
  expect(there).toMatchObject({ team: 'infra' });
});

it('keeps the note when its cordon is taken back: a late worker neither cordons again nor evicts', async () => {
  const of = await plannedAt(Date.now());
  begun(note(of, minute));
  await drainNode.undo(of, scene.clients, signal);
  expect(scene.isCordoned()).toBe(false);
  await expect(drainNode.apply(of, scene.clients, signal)).rejects.toMatchObject({
    message: '0 of 1 pods were evicted, then: somebody has uncordoned the node',
    reason: 'conflict',
    retryable: false,
  });
  expect(scene.isCordoned()).toBe(false);
  expect(evictions()).toBe(0);
});

it('writes only the note on a node that somebody else has cordoned: the cordon stays his', async () => {
  scene.put('node-2', { spec: { unschedulable: true }, metadata: cordonedBy('kubectl-cordon') });
  const of = await plannedAt(Date.now());
  await drainNode.apply(of, scene.clients, signal);
  const [first] = scene.api.writes();
  expect(first?.body).toEqual({
    metadata: { uid: of.uid, resourceVersion: expect.any(String), annotations: { [begunAnnotation]: noted() } },
  });
});

it('is begun by one of two workers: the other one has the time of the first, however late it writes', async () => {
  const of = await plannedAt(Date.now());
  const { client } = scene.api;
  let first = true;
  const patch: typeof client.patch = async (...asked) => {
    if (first) begun(note(of, 10 * minute), false);
    first = false;
    return client.patch(...asked);
  };
  const late: Clients = { ...scene.clients, kubernetes: new Map([['prod', { ...client, patch }]]) };
  await expect(drainNode.apply(of, late, signal)).rejects.toMatchObject(isOver);
  expect(scene.isCordoned()).toBe(false);
  expect(evictions()).toBe(0);
});

it('goes no further when the other nodes are not enough by now', async () => {
  const of = await plannedAt(Date.now());
  begun(note(of, minute));
  scene.put('node-1', { spec: { unschedulable: true } });
  await expect(drainNode.apply(of, scene.clients, signal)).rejects.toMatchObject({
    message: expect.stringMatching(/^node node-2 is not cordoned: no other node is ready/),
  });
  expect(evictions()).toBe(0);
});
