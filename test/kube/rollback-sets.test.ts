import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Clients } from '../../src/domain/clients.ts';
import { symptoms } from '../../src/kubernetes/workload.ts';
import { type ClusterClients, clusterClients } from '../harness/cluster-clients.ts';
import { images, probe, type WorkloadOptions } from '../harness/kube-objects.ts';
import { RollbackSubject, type SetKind } from './rollback-subject.ts';

const signal = new AbortController().signal;
const badImage = { image: images.bad };
const badCommand = { command: 'exit 3', container: { readinessProbe: probe } };
let of: ClusterClients;
beforeAll(async () => {
  of = await clusterClients('rollback-sets');
});
afterAll(() => of.close());

/** The same clients, but nobody is evicted: the worker dies first. */
function dyingClients(): Clients {
  const real = of.clients.kubernetes.get('prod');
  if (real === undefined) throw new Error('there is no client');
  const evict = () => Promise.reject(new Error('killed'));
  return { ...of.clients, kubernetes: new Map([['prod', { ...real, evict }]]) };
}

describe('a real set of pods is rolled back', () => {
  it.each<[string, SetKind, Readonly<Record<string, unknown>>, Partial<WorkloadOptions>, RegExp]>([
    [
      'ordered-image',
      'statefulset',
      {},
      badImage,
      / back to revision 1 \(image \S+:v1\).*; evict .*: ordered-image-2$/,
    ],
    ['ordered-command', 'statefulset', {}, badCommand, / back to revision 1, .*command of app; evict .*-command-2$/],
    ['parallel', 'statefulset', { podManagementPolicy: 'Parallel' }, badImage, /back to revision 1 .*: parallel-2$/],
    ['nodes-image', 'daemonset', {}, badImage, / back to revision 1 \(image \S+:v1\), from revision 2 \(image \S+\)$/],
    ['nodes-command', 'daemonset', {}, badCommand, / back to revision 1, .*differs in command of app$/],
    [
      'surge',
      'daemonset',
      { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } },
      badImage,
      / back to revision 1 /,
    ],
  ])('%s, once, however often it is applied, and is well', async (name, kind, spec, bad, summary) => {
    const web = new RollbackSubject(of, kind, name, spec);
    const good = await web.rollOut();
    await web.apply(bad);
    const plan = await web.plan();
    expect(plan.summary).toMatch(summary);
    expect(plan.touches[0]).toBe((await web.target()).key);
    const before = await web.state();
    // Nothing was written yet, and an apply that writes nothing is not taken for a roll-back.
    expect(web.action.verify({ before, state: before, change: plan.change }).ok).toBe(false);
    expect(await web.action.settled(plan.change, of.clients)).toBe('not-done');
    await Promise.all([1, 2].map(() => web.action.apply(plan.change, of.clients, signal)));
    await web.untilWell();
    expect(await web.action.settled(plan.change, of.clients)).toBe('done');
    expect(web.action.verify({ before, state: await web.state(), change: plan.change }).ok).toBe(true);
    await web.action.apply(plan.change, of.clients, signal);
    expect(await web.template()).toEqual(good);
    expect((await web.writes()).filter((write) => write.endsWith(' 200'))).toHaveLength(1);
    // Whoever asks again is not sent back to the bad one.
    const { current, earlier } = await web.history();
    expect([current?.number, earlier]).toEqual([3, []]);
    expect(await web.answer()).toMatch(/nothing is wrong with it$/);
  });

  it('a StatefulSet in order, by the successor of a worker that died before it evicted', async () => {
    const web = new RollbackSubject(of, 'statefulset', 'killed');
    const good = await web.rollOut();
    await web.apply(badImage);
    const { change } = await web.plan();
    const before = await web.state();
    await expect(web.action.apply(change, dyingClients(), signal)).rejects.toThrow('killed');
    await of.cluster.waitFor('the controller to know the template', async () => (await web.state()).observed);
    // The template is back, and the controller waits for its ill pod: kubernetes/kubernetes#67250.
    expect(await web.template()).toEqual(good);
    expect(await web.action.settled(change, of.clients)).toBe('half-done');
    expect(web.action.verify({ before, state: await web.state(), change })).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/is its template again, and pod \S+\/killed-2 is still there$/),
    });
    await web.action.apply(change, of.clients, signal);
    await web.untilWell();
    expect(await web.evictions()).toEqual(['killed-2']);
    expect(await web.writes()).toEqual(['patch statefulsets.apps 200']);
  });

  it('a StatefulSet with a partition, whose older pods are left as they are', async () => {
    const spec = { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } };
    const web = new RollbackSubject(of, 'statefulset', 'canary', spec);
    await web.rollOut();
    const uids = async () => (await web.pods()).slice(0, 2).map(({ metadata: { uid } }) => uid);
    const untouched = await uids();
    await web.apply(badCommand);
    const { change } = await web.plan();
    await web.action.apply(change, of.clients, signal);
    await web.untilWell();
    expect(await uids()).toEqual(untouched);
    expect((await web.read()).spec.updateStrategy).toMatchObject(spec.updateStrategy);
  });

  it.each<SetKind>(['statefulset', 'daemonset'])('a %s, and back again when it did not help', async (kind) => {
    const web = new RollbackSubject(of, kind, `undo-${kind}`);
    await web.rollOut();
    await web.apply(badImage);
    const bad = await web.template();
    const { change } = await web.plan();
    await web.action.apply(change, of.clients, signal);
    await web.action.undo(change, of.clients, signal);
    await web.action.undo(change, of.clients, signal);
    expect(await web.template()).toEqual(bad);
    // From there the same good one is found again, under its new number, and not the bad one under its old.
    expect(await web.plan()).toMatchObject({ change: { to: { revision: 3 }, from: { revision: 4 } } });
  });
});

describe('a real set of pods is not rolled back', () => {
  it.each<SetKind>(['statefulset', 'daemonset'])('a %s without history', async (kind) => {
    const web = new RollbackSubject(of, kind, `young-${kind}`);
    await web.apply(badImage);
    await web.untilIll();
    expect(await web.answer()).toMatch(/is not rolled back: there is no earlier revision: no ControllerRevision /);
    expect(await web.writes()).toEqual([]);
  });

  it.each<SetKind>(['statefulset', 'daemonset'])('a %s that waits for its pods to be deleted', async (kind) => {
    const web = new RollbackSubject(of, kind, `by-hand-${kind}`, { updateStrategy: { type: 'OnDelete' } });
    await web.rollOut();
    await web.apply(badImage);
    const pod = (await web.pods()).at(-1)?.metadata.name ?? '';
    await of.cluster.remove('pods', { namespace: of.namespace, name: pod });
    await web.untilIll();
    const command = `kubectl rollout undo ${kind}/${web.name} -n ${of.namespace} --to-revision=1`;
    expect(await web.answer()).toContain(`its update strategy is OnDelete`);
    expect(await web.answer()).toContain(command);
  });

  it.each<SetKind>(['statefulset', 'daemonset'])('a %s over a third template, whose writer is named', async (kind) => {
    const web = new RollbackSubject(of, kind, `contested-${kind}`);
    await web.rollOut();
    await web.apply(badImage);
    const { change } = await web.plan();
    await web.apply({ image: images.v2 }, 'release-bot');
    await expect(web.action.apply(change, of.clients, signal)).rejects.toMatchObject({
      message: expect.stringContaining('meanwhile (release-bot)'),
      reason: 'conflict',
      retryable: false,
    });
    expect(await web.evictions()).toEqual([]);
    expect((await web.template()).spec.containers[0]?.image).toBe(images.v2);
  });

  it('for long where a second writer applies the bad one again, who is named', async () => {
    const web = new RollbackSubject(of, 'daemonset', 'reverted');
    await web.rollOut();
    await web.apply(badImage, 'second-writer');
    const { change } = await web.plan();
    const before = await web.state();
    await web.action.apply(change, of.clients, signal);
    await web.apply(badImage, 'second-writer');
    const state = await web.state();
    expect(symptoms(state)).not.toEqual([]);
    expect(web.action.verify({ before, state, change })).toMatchObject({
      ok: false,
      certain: true,
      reason: expect.stringMatching(/was taken back by .*second-writer/),
    });
  });
});
