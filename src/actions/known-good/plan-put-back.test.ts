import { describe, expect, it } from 'vitest';
import { appeared, asked, bad, changed, gone, good, now, recalled } from '../../../test/fakes/recalled.ts';
import { at, history, knownGood, quota, settings, web } from '../../../test/fakes/remembered.ts';
import { ill, oneIll, pod, workload } from '../../../test/fakes/workload-state.ts';
import type { Change } from '../../domain/known-good.ts';
import { no } from '../../domain/verdict.ts';
import type { PodDigest, WorkloadState } from '../../kubernetes/state.ts';
import { restorationsOf } from './candidates.ts';
import type { Known } from './known.ts';
import { planOf, planPutBack, wordsOf } from './plan-put-back.ts';
import { putBack } from './put-back.ts';
import type { Recall } from './recall.ts';

const image = changed(web, '/spec/template/spec/containers/[app]/image');
const mode = changed(settings, '/data/MODE', { at: at('12:01:00') });
const disk = changed('kubernetes/prod/persistentvolume/disk', '/spec/nodeAffinity');
const target = { kind: 'deployment', key: web };
const known = (recall: Recall): Known => ({ recall, protectedNamespaces: [], autoscaler: null });
const planned = (changes: readonly Change[], state: WorkloadState = workload({ pods: oneIll }), more = {}) =>
  planPutBack({ target, state, now }, known(recalled(changes, more)));
function plans(...given: Parameters<typeof planned>) {
  const answer = planned(...given);
  if ('ok' in answer) throw new Error(answer.reason);
  return answer;
}
const first = (...given: Parameters<typeof planned>) => {
  const [plan] = plans(...given);
  if (plan === undefined) throw new Error('no plan');
  return plan;
};
const sentence = (...given: Parameters<typeof planned>): string => {
  const answer = planned(...given);
  if (!('ok' in answer)) return answer.map(({ summary }) => summary).join();
  return answer.ok || answer.retryAfterMs === undefined
    ? answer.reason
    : `${answer.reason} [${answer.retryAfterMs} ms]`;
};
const renewal = (...given: Parameters<typeof planned>) => first(...given).change.putBack.renewal;

const about = 'nothing of deployment shop/checkout is put back';

describe('nothing is put back', () => {
  const nothing = 'nothing that could be why changed since 12:00:00Z, when it was seen healthy last';
  it.each<[string, Change[], WorkloadState, string]>([
    ['when nothing changed', [], workload({ pods: oneIll }), nothing],
    ['for what only appeared: that is for remove', [appeared(quota)], workload({ pods: oneIll }), nothing],
    [
      'that is for a human',
      [gone('kubernetes/prod/shop/role/web')],
      workload({ pods: oneIll }),
      `${nothing}; role shop/web was changed and is left as it is: a role is for a human to put back`,
    ],
    [
      'while it is not ill',
      [image],
      workload(),
      'it is not ill, and what is under way may still come to a good end [30000 ms]',
    ],
    [
      'while its roll-out is paused',
      [image],
      workload({ pods: oneIll, paused: true }),
      'its roll-out is paused; whoever paused it goes on with: kubectl rollout resume',
    ],
    [
      'when its node is the trouble',
      [image],
      workload({ pods: [ill('b', 'its node node-1 may be down'), pod('a')] }),
      'its node is the trouble (pod b: its node node-1 may be down)',
    ],
    [
      'while a pod of it is not to be touched',
      [image],
      workload({ pods: [pod('a', { mode: 'none' }), ...oneIll] }),
      'pod a says hands off (its annotation paramedic.dev/mode is none), and its pods may have to be replaced',
    ],
  ])('%s', (_what, changes, state, why) => {
    expect(sentence(changes, state)).toBe(`${about}: ${why}`);
  });

  it('when nobody knows what changed, and it is said whether the revisions may', () => {
    const state = workload({ pods: oneIll });
    const recall = { verdict: no('nobody watches', 10_000), unknown: true };
    expect(planPutBack({ target, state, now }, known(recall))).toEqual({
      ...no(`${about}: nobody watches`, 10_000),
      unknown: true,
      off: false,
    });
  });
});

describe('what is stuck before Kubernetes says so', () => {
  const starting = (fields: object) =>
    workload({ starting: 1, pods: [pod('a'), pod('b', { ready: false, neverReady: true, ...fields })] });

  it('is put back when what it needs is gone', () => {
    expect(plans([gone(settings)], starting({ startedAt: now - 1_000 }))).toHaveLength(1);
    expect('ok' in planned([gone(settings)], workload({ starting: 0 }))).toBe(true);
  });

  it('is put back when a pod has not got ready for a minute, and no earlier', () => {
    expect('ok' in planned([image], starting({ startedAt: now - 60_000 }))).toBe(true);
    expect(plans([image], starting({ startedAt: now - 60_001 }))).toHaveLength(1);
    expect('ok' in planned([image], starting({ startedAt: 0 }))).toBe(true);
    expect('ok' in planned([image], starting({ startedAt: 1, neverReady: false }))).toBe(true);
  });
});

describe('a plan', () => {
  it('says what it puts back, names all it touches, pins hashes and no contents, and can be taken back', () => {
    const plan = first([image, { ...mode, at: at('12:04:50') }]);
    expect(plan).toMatchObject({
      summary:
        'put back as it was at 12:00:00Z, when deployment shop/checkout was seen healthy last: deployment shop/web (spec.template.spec.containers[app].image since 12:05:00Z, by kubectl-edit), configmap shop/settings (data.MODE since 12:04:50Z, by kubectl-edit)',
      touches: [web, settings],
      undo: 'put configmap shop/settings, deployment shop/web back to what it is now, as far as nobody else has changed it by then',
    });
    expect(plan).not.toHaveProperty('risk');
    expect(putBack.safeParse(plan.change.putBack)).toMatchObject({ success: true });
    expect(JSON.stringify(plan)).not.toMatch(/"(old|new)"/);
    expect(plan.change.putBack).toMatchObject({ target: web, knownGood: 'k1', failed: '', nudge: false });
  });

  it('is of high risk when data is behind it, also where that is one of several', () => {
    expect(first([disk]).risk).toBe('high');
    expect(first([image, disk]).risk).toBe('high');
    expect(plans([{ ...disk, at: at('12:01:00'), by: 'x' }, image]).map(({ risk }) => risk)).toEqual([
      undefined,
      'high',
      'high',
    ]);
  });

  it('is of high risk when something is put back of which only the configuration knows', () => {
    const kind = 'route.example.com';
    const route = changed(`kubernetes/prod/shop/${kind}/web`, '/spec/host');
    const candidate = { id: 'a', changes: [route], restorations: restorationsOf([route], asked([route])) };
    const risk = (others: readonly string[]) =>
      planOf(candidate, { recalled: recalled([route], { others }), target: web, now, phrase: 'service shop/web' }).risk;
    expect(risk([kind])).toBe('high');
    expect(risk([])).toBeUndefined();
  });

  it('is of high risk when a Secret is put back', () => {
    expect(first([changed('kubernetes/prod/shop/secret/login', '/data/password')]).risk).toBe('high');
  });

  it('names the known-good that is there, and has failed', () => {
    const { best, remembered, ...rest } = recalled([image]);
    const present = knownGood('k2', { objects: { [web]: 'b'.repeat(32), [settings]: 's1' } });
    const recall = { ...rest, best, remembered: { ...remembered, knownGoods: [present, best] } };
    const [plan] = [planPutBack({ target, state: workload({ pods: oneIll }), now }, known(recall))].flat();
    expect(plan).toMatchObject({ change: { putBack: { knownGood: 'k1', failed: 'k2' } } });
  });

  it('nudges the controller when pods are missing', () => {
    expect(first([mode], workload({ pods: [pod('a')], desired: 2, present: 1 })).change.putBack.nudge).toBe(true);
    expect(first([mode]).change.putBack.nudge).toBe(false);
  });

  it('knows by its id what it puts back, also when it is made anew from another state', () => {
    const ids = (state: WorkloadState) => plans([image, mode], state).map(({ id }) => id);
    const before = ids(workload({ pods: oneIll }));
    expect(before).toHaveLength(3);
    expect(ids(workload({ pods: [ill('x', 'container app is crash-looping (exit code 1)')] }))).toEqual(before);
    expect(plans([mode]).map(({ id }) => id)).toEqual([before[1]]);
  });

  it('knows the revisions that are those of the version that is put back: of what served before that was another', () => {
    const stay = (...pods: PodDigest[]) =>
      first([image], workload({ pods: [ill('z'), ...pods] })).change.putBack.staying;
    const [before, after] = [{ startedAt: image.at - 1 }, { startedAt: image.at }];
    expect(stay(pod('a', { ...before, revision: 'r1' }), pod('b', { ...after, revision: 'r1' }))).toEqual(['r1']);
    expect(stay(pod('a', { ...after, revision: 'r2' }))).toEqual([]);
    expect(stay(pod('a', { ...before, revision: 'r2', ready: false }))).toEqual([]);
    expect(stay(pod('a', { startedAt: 0, revision: 'r2' }))).toEqual([]);
    expect(stay(pod('a', { ...before, revision: '' }))).toEqual([]);
    // Of a version in between that has rolled out before the one that is there.
    const between = history(
      web,
      `${bad} 12:05:00 kubectl`,
      `${'c'.repeat(32)} 12:03:00 kubectl`,
      `${good} 09:00:00 helm-like`,
    );
    const state = workload({ pods: [ill('z'), pod('a', { startedAt: at('12:04:00'), revision: 'r2' })] });
    expect(first([image], state, { histories: [between] }).change.putBack.staying).toEqual([]);
    const older = workload({ pods: [ill('z'), pod('a', { startedAt: at('12:02:59'), revision: 'r1' })] });
    expect(first([image], older, { histories: [between] }).change.putBack.staying).toEqual(['r1']);
    const unknown = history(web, `${bad} 12:05:00 kubectl`);
    expect(first([image], older, { histories: [unknown] }).change.putBack.staying).toEqual([]);
  });

  it('puts the replicas back where they are 0, with no pod to see to', () => {
    const state = workload({ pods: [], desired: 0, scaledFrom: 2, paused: true });
    expect(first([changed(web, '/spec/replicas')], state).change.putBack).toMatchObject({
      restorations: [{ key: web, paths: ['/spec/replicas'] }],
      renewal: { by: 'nothing' },
    });
  });
});

describe('pods are renewed', () => {
  const since = { startedAt: mode.at + 1 };
  const also = '; and evict b';

  it('by the template that is put back itself', () => {
    expect(renewal([image])).toEqual({ by: 'nothing' });
    expect(renewal([image, mode], workload({ pods: [...oneIll, pod('d', since)] }))).toEqual({ by: 'nothing' });
  });

  it('not by what pods do not read when they start', () => {
    expect(renewal([changed('kubernetes/prod/shop/service/db', '/spec/selector/app')])).toEqual({ by: 'nothing' });
  });

  it('by evicting those that are ill, when a ConfigMap is put back that only they have read', () => {
    expect(renewal([mode])).toEqual({ by: 'evicting', pods: [{ name: 'b', uid: 'uid-b' }] });
    expect(sentence([mode])).toContain(also);
    expect(renewal([mode], workload({ pods: [ill('b', 'can not be scheduled: no room')] }))).toEqual({ by: 'nothing' });
    expect(renewal([mode], workload({ pods: [ill('b', undefined, { terminating: true }), ill('c')] }))).toEqual({
      by: 'evicting',
      pods: [{ name: 'c', uid: 'uid-c' }],
    });
  });

  it('by evicting those that are ill, when a Secret is put back', () => {
    expect(renewal([{ ...mode, object: 'kubernetes/prod/shop/secret/login' }])).toMatchObject({ by: 'evicting' });
  });

  it('by a restart, when one that is ready has read it as well', () => {
    const pods = [...oneIll, pod('d', since)];
    const restart = { by: 'restart', restartedAt: '2026-11-29T12:10:00.000Z' };
    expect(renewal([mode], workload({ pods }))).toEqual({ ...restart, was: '' });
    const was = '2026-11-29T09:00:00Z';
    expect(renewal([mode], workload({ pods, restartedAt: was }))).toEqual({ ...restart, was });
    expect(sentence([mode], workload({ pods }))).toMatch(/; and restart it$/);
    const leaving = [...oneIll, pod('d', { ...since, terminating: true })];
    expect(renewal([mode], workload({ pods: leaving }))).toMatchObject({ by: 'evicting' });
    expect(renewal([mode], workload({ pods: [...oneIll, pod('d', { startedAt: mode.at })] }))).toMatchObject({
      by: 'evicting',
    });
  });

  it('by evicting what is ill, where a restart would replace nothing', () => {
    const pods = [...oneIll, pod('d', since)];
    const evicting = { by: 'evicting', pods: [{ name: 'b', uid: 'uid-b' }] };
    expect(renewal([mode], workload({ kind: 'statefulset', pods }))).toEqual(evicting);
    expect(renewal([mode], workload({ kind: 'daemonset', strategy: 'OnDelete', pods }))).toEqual(evicting);
    expect(renewal([mode], workload({ kind: 'daemonset', pods }))).toMatchObject({ by: 'restart' });
  });

  it('in order, those of a StatefulSet, which waits for an ill one', () => {
    const state = workload({ kind: 'statefulset', pods: oneIll });
    expect(renewal([image], state)).toEqual({ by: 'evicting-in-order', pods: [{ name: 'b', uid: 'uid-b' }] });
    const many = [ill('web-10'), ill('web-2', 'container app has not been created yet'), ill('web-1')];
    expect(renewal([image], workload({ kind: 'statefulset', pods: many }))).toMatchObject({
      pods: [{ name: 'web-1' }, { name: 'web-2' }, { name: 'web-10' }],
    });
    expect(renewal([image], workload({ kind: 'statefulset', pods: [pod('a')], desired: 2 }))).toEqual({
      by: 'nothing',
    });
    expect(renewal([mode], state)).toMatchObject({ by: 'evicting' });
  });
});

describe('the words for changes', () => {
  it('name four objects, what is gone, and what came', () => {
    const many = ['a', 'b', 'c', 'd'].map((name) => changed(`kubernetes/prod/shop/configmap/${name}`, '/data/K'));
    expect(wordsOf([...many, gone(settings), appeared(quota)], now)).toMatch(/^configmap shop\/a .*, and 2 more$/);
    expect(wordsOf([gone(settings), appeared(quota)], now)).toBe(
      'configmap shop/settings (gone since 12:05:00Z), resourcequota shop/block (there since 12:05:00Z, by kubectl-edit)',
    );
  });

  it('write paths as people do', () => {
    const path = '/metadata/annotations/a.b~1c~0d';
    expect(wordsOf([changed(settings, path), changed(settings, '/data/K')], now)).toContain(
      '(metadata.annotations.a.b/c~d and 1 more since',
    );
  });
});
