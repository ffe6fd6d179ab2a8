import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { broken, good, place, template } from '../../../test/fakes/kube-rollout.ts';
import { type SetKind, type SetRollout, sick, startSetRollout, well } from '../../../test/fakes/kube-set-rollout.ts';
import type { Plan } from '../../domain/plan.ts';

const signal = new AbortController().signal;
let rollout: SetRollout;
let change: Plan['change'];
const apply = (abort = signal) => rollout.action.apply(change, rollout.clients, abort);
/** What was written, in order: `PATCH checkout`, `POST checkout-2`. */
const writes = (): readonly string[] =>
  rollout.api.writes().map(({ method, path }) => `${method} ${/checkout(-\d+)?/.exec(path)?.[0] ?? path}`);
const tell = (reason: string) => ({ reason: expect.stringContaining(reason) });

describe.each<SetKind>(['statefulset', 'daemonset'])('rollback of a %s', (kind) => {
  const about = `${kind} shop/checkout`;
  const resource = `${kind}s.apps` as const;
  const there = () => rollout.api.get(resource, place)?.spec.template;
  const patches = () => rollout.api.writes().filter(({ method }) => method === 'PATCH');
  /** The controller takes up each change at once, and makes a pod that is well of what it has then. */
  const controller = () =>
    rollout.api.onWrite(({ method, path }) => {
      if (method === 'POST') {
        rollout.pod(Number(/checkout-(\d+)/.exec(path)?.[1]), 'h3');
        return;
      }
      const now = rollout.api.get(resource, place);
      const { generation } = now?.metadata ?? {};
      rollout.api.put(resource, { ...now, status: { ...now?.status, observedGeneration: generation } });
    });
  beforeEach(async () => {
    rollout = await startSetRollout(kind);
    rollout.stuck();
    ({ change } = await rollout.planned());
  });
  afterEach(() => rollout.api.close());

  it('touches what differs, once, however often it is applied', async () => {
    controller();
    const before = await rollout.state();
    const { action, clients, api } = rollout;
    expect(action.verify({ before, state: before, change }).ok).toBe(false);
    expect(await action.settled(change, clients)).toBe('not-done');
    await apply();
    await apply();
    expect(writes()).toEqual(kind === 'statefulset' ? ['PATCH checkout', 'POST checkout-2'] : ['PATCH checkout']);
    const { uid, resourceVersion } = { uid: 'uid-set', resourceVersion: before.resourceVersion };
    expect(patches()[0]?.body).toEqual([
      { op: 'test', path: '/metadata/uid', value: uid },
      { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
      { op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'app:v1' },
    ]);
    expect(api.get(resource, place)?.spec.template).toEqual(good);
    expect(await action.settled(change, clients)).toBe('done');
    expect(action.verify({ before, state: await rollout.state(), change })).toMatchObject({ ok: true });
  });

  it('writes on a newer version of the object, while the template is the one it was planned for', async () => {
    controller();
    rollout.api.fault({ kind: '409', times: 2, matches: ({ method }) => method === 'PATCH' });
    await apply();
    expect(there()).toEqual(good);
    expect(patches()).toHaveLength(3);
  });

  it('lets a write that was carried out and not answered count', async () => {
    controller();
    rollout.api.fault({ kind: 'reset', afterEffect: true, matches: ({ method }) => method === 'PATCH' });
    await expect(apply()).rejects.toMatchObject({ retryable: true });
    await apply();
    expect(patches()).toHaveLength(1);
    expect(await rollout.action.settled(change, rollout.clients)).toBe('done');
  });

  it('leaves a third template alone, and names who wrote it', async () => {
    const fieldsV1 = { 'f:spec': { 'f:template': { 'f:spec': {} } } };
    const managedFields = [{ manager: 'kubectl-edit', operation: 'Update', time: '2026-01-01T00:00:00Z', fieldsV1 }];
    rollout.deploy(template('app:v3'), { metadata: { managedFields } });
    await expect(apply()).rejects.toMatchObject({
      message: `somebody changed the template of ${about} meanwhile (kubectl-edit): it is not rolled back to revision 3`,
      reason: 'conflict',
      retryable: false,
    });
    await rollout.action.undo(change, rollout.clients, signal);
    expect(writes()).toEqual([]);
  });

  it('is taken back, once, while the template is the one it wrote', async () => {
    controller();
    await apply();
    await rollout.action.undo(change, rollout.clients, signal);
    await rollout.action.undo(change, rollout.clients, signal);
    expect(there()).toEqual(broken);
    expect(patches()).toHaveLength(2);
  });

  it('names who has put the bad template back, and is certain', async () => {
    controller();
    const before = await rollout.state();
    await apply();
    const fieldsV1 = { 'f:spec': { 'f:template': { 'f:spec': {} } } };
    const managedFields = [{ manager: 'flux-like', operation: 'Apply', time: '2030-01-01T00:00:00Z', fieldsV1 }];
    rollout.deploy(broken, { metadata: { managedFields } });
    expect(rollout.action.verify({ before, state: await rollout.state(), change })).toEqual({
      ok: false,
      certain: true,
      reason: `the roll-back to revision 3 of ${about} was taken back by flux-like`,
    });
  });

  it('does nothing to another one of that name', async () => {
    rollout.deploy(broken, { metadata: { uid: 'other' } });
    await expect(apply()).rejects.toMatchObject({ reason: 'not-found' });
    expect(await rollout.action.settled(change, rollout.clients)).toBe('not-done');
    await rollout.action.undo(change, rollout.clients, signal);
    expect(writes()).toEqual([]);
  });

  it('does not know whether it was done while the API is silent', async () => {
    rollout.api.fault({ kind: 'reset', times: 9 });
    expect(await rollout.action.settled(change, rollout.clients)).toBe('unknown');
  });

  it.each<[string, () => void]>([
    ['is gone', () => rollout.api.remove('controllerrevisions.apps', { namespace: 'shop', name: 'checkout-h3' })],
    ['keeps another template', () => rollout.keep(3, template('app:v0'), 0)],
    [
      'is another one of its name',
      () => {
        const at = { namespace: 'shop', name: 'checkout-h3' };
        const kept = rollout.api.get('controllerrevisions.apps', at);
        rollout.api.put('controllerrevisions.apps', { ...kept, metadata: { ...kept?.metadata, uid: 'other' } });
      },
    ],
  ])('writes nothing when the ControllerRevision that it was planned for %s', async (_what, happens) => {
    happens();
    await expect(apply()).rejects.toMatchObject({
      message: `ControllerRevision checkout-h3, which kept revision 3 of ${about}, is gone by now, or keeps another template`,
      retryable: false,
    });
    expect(writes()).toEqual([]);
  });
});

describe('the ill pods of a StatefulSet that is rolled back', () => {
  const resource = 'statefulsets.apps';
  const takeUp = () => {
    const now = rollout.api.get(resource, place);
    rollout.api.put(resource, { ...now, status: { ...now?.status, observedGeneration: now?.metadata.generation } });
  };
  const wrote = (what: string) => vi.waitFor(() => expect(writes()).toContain(what), { timeout: 10_000 });
  beforeEach(async () => {
    rollout = await startSetRollout('statefulset');
    rollout.stuck();
    ({ change } = await rollout.planned());
  });
  afterEach(() => rollout.api.close());
  /** How often the workload was read. */
  const looks = () => rollout.api.requests.filter(({ path }) => path.endsWith('/statefulsets/checkout')).length;

  it('stay until the controller knows the template, which would make the bad one again', async () => {
    const done = apply();
    await wrote('PATCH checkout');
    const sofar = looks();
    await vi.waitFor(() => expect(looks()).toBeGreaterThan(sofar + 1), { timeout: 10_000 });
    expect(writes()).toEqual(['PATCH checkout']);
    takeUp();
    await done;
    expect(writes()).toEqual(['PATCH checkout', 'POST checkout-2']);
  });

  it('go one at a time, each when the one before is ready again', async () => {
    for (const ordinal of [3, 4, 5]) rollout.pod(ordinal, 'h3');
    rollout.pod(10, 'h4', sick);
    ({ change } = await rollout.planned());
    rollout.api.onWrite(({ method }) => void (method === 'PATCH' && takeUp()));
    const done = apply();
    await wrote('POST checkout-2');
    rollout.pod(2, 'h3', sick);
    const sofar = looks();
    await vi.waitFor(() => expect(looks()).toBeGreaterThan(sofar + 1), { timeout: 10_000 });
    expect(writes()).not.toContain('POST checkout-10');
    rollout.pod(2, 'h3', well);
    await done;
    expect(writes()).toEqual(['PATCH checkout', 'POST checkout-2', 'POST checkout-10']);
  });

  it('stay when somebody has put another template there meanwhile', async () => {
    rollout.api.onWrite(({ method }) => void (method === 'PATCH' && rollout.deploy(template('app:v3'))));
    await apply();
    expect(writes()).toEqual(['PATCH checkout']);
  });

  it('wait for their disruption budget', async () => {
    const budget = (disruptionsAllowed: number) =>
      rollout.api.put('poddisruptionbudgets.policy', {
        metadata: { namespace: 'shop', name: 'checkout' },
        spec: { selector: { matchLabels: { app: 'checkout' } } },
        status: { disruptionsAllowed, desiredHealthy: 3, currentHealthy: 2 },
      });
    budget(0);
    rollout.api.onWrite(({ method }) => void (method === 'PATCH' && takeUp()));
    const done = apply();
    await wrote('POST checkout-2');
    const at = { namespace: 'shop', name: 'checkout-2' };
    expect(rollout.api.get('pods', at)).toBeDefined();
    budget(1);
    await done;
    expect(rollout.api.get('pods', at)).toBeUndefined();
  });

  it('stay when one says hands off by now', async () => {
    const uid = rollout.api.get('pods', { namespace: 'shop', name: 'checkout-2' })?.metadata.uid;
    rollout.pod(2, 'h4', sick, { uid, annotations: { 'paramedic.dev/mode': 'observe' } });
    rollout.api.onWrite(({ method }) => void (method === 'PATCH' && takeUp()));
    await expect(apply()).rejects.toMatchObject({
      message:
        'pod shop/checkout-2 is not evicted: pod checkout-2 says hands off (its annotation paramedic.dev/mode is observe)',
      reason: 'conflict',
      retryable: false,
    });
    expect(writes()).toEqual(['PATCH checkout']);
  });

  it('are those that were planned, and none that has taken the name of one', async () => {
    rollout.pod(2, 'h4', sick);
    rollout.api.onWrite(({ method }) => void (method === 'PATCH' && takeUp()));
    await apply();
    expect(writes()).toEqual(['PATCH checkout']);
  });

  it('keep it from being done while they are there', async () => {
    const before = await rollout.state();
    rollout.deploy(good);
    const { action, clients } = rollout;
    expect(await action.settled(change, clients)).toBe('half-done');
    expect(action.verify({ before, state: await rollout.state(), change })).toEqual({
      ok: false,
      ...tell('revision 3 of statefulset shop/checkout is its template again, and pod shop/checkout-2 is still there'),
    });
  });

  it('are waited for no longer than the worker is to live', async () => {
    const end = new AbortController();
    const done = apply(end.signal);
    await wrote('PATCH checkout');
    end.abort();
    await expect(done).rejects.toMatchObject({ reason: 'aborted', retryable: true });
    expect(writes()).toEqual(['PATCH checkout']);
  });
});
