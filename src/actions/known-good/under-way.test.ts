import { describe, expect, it } from 'vitest';
import { bad, changed, good, now, recalled } from '../../../test/fakes/recalled.ts';
import { at, history, settings, web } from '../../../test/fakes/remembered.ts';
import { ill, pod, workload } from '../../../test/fakes/workload-state.ts';
import { no } from '../../domain/verdict.ts';
import type { ObjectHistory } from '../../domain/known-good.ts';
import type { PodDigest, WorkloadState } from '../../kubernetes/state.ts';
import { planPutBack } from './plan-put-back.ts';
import { currentRevision } from './under-way.ts';

const crashes = 'container app is crash-looping (exit code 1)';
const image = changed(web, '/spec/template/spec/containers/[app]/image');
const v2 = (name: string, more: Partial<PodDigest> = {}) => ill(name, crashes, { revision: 'r2', ...more });
const v3 = (name: string, more: Partial<PodDigest> = {}) =>
  pod(name, { revision: 'r3', ready: false, startedAt: now - 5_000, neverReady: true, ...more });

/** Three replicas: v1 was well, v2 crashes, and v3 was written over it, which is starting. */
const state = (more: Partial<WorkloadState> = {}): WorkloadState =>
  workload({
    pods: [v2('b'), v3('c'), pod('a'), pod('d')],
    desired: 3,
    updated: 1,
    starting: 1,
    templateWriter: { manager: 'kubectl-edit', at: at('12:09:50') },
    ...more,
  });
const planned = (of: WorkloadState, current: string | undefined = 'r3', histories: readonly ObjectHistory[] = []) =>
  planPutBack(
    { target: { kind: of.kind, key: web }, state: of, now },
    { recall: recalled([image], { histories }), protectedNamespaces: [], autoscaler: null },
    current,
  );
const isHeld = (...given: Parameters<typeof planned>): boolean => 'ok' in planned(...given);

describe('a roll-out of somebody that gets on', () => {
  it('is not undone while none of its own pods is ill', () => {
    const because = 'a roll-out begun at 12:09:50Z is under way, and none of its pods is ill';
    expect(planned(state())).toEqual(no(`nothing of deployment shop/checkout is put back: ${because}`, 30_000));
  });

  it.each<[string, Partial<WorkloadState>]>([
    [
      'the pods it replaces have never been ready',
      { pods: [v2('b', { neverReady: true, startedAt: 1 }), v3('c'), pod('a')] },
    ],
    [
      'one of its own is ready, and not available yet',
      { pods: [v2('b'), v3('c', { ready: true, neverReady: false })] },
    ],
    [
      'those before it are on their way out',
      { strategy: 'Recreate', pods: [v2('b', { trouble: '', terminating: true })], present: 0, updated: 0 },
    ],
    ['it is one of a StatefulSet', { kind: 'statefulset' }],
    [
      'a StatefulSet has one of its own that is well: it is delete-pod that ends the ill one it waits for',
      { kind: 'statefulset', pods: [v2('b'), v3('c', { ready: true, neverReady: false }), pod('a')] },
    ],
    ['not all that is ill is told of, and it has just begun', { ill: 25 }],
  ])('nor when %s', (_what, more) => {
    expect(isHeld(state(more))).toBe(true);
  });
});

describe('what changed is put back at once', () => {
  it.each<[string, Partial<WorkloadState>]>([
    ['one of its own pods is ill', { pods: [v2('b'), v3('c', { trouble: crashes }), pod('a')] }],
    ['one of its own has not got ready for a minute', { pods: [v2('b'), v3('c', { startedAt: now - 60_001 })] }],
    [
      'its pods can not be made',
      { pods: [v2('b'), pod('a')], updated: 0, stalled: 'its pods can not be created (quota)' },
    ],
    ['none of its pods is made, and nobody says why', { pods: [v2('b'), pod('a')], updated: 0 }],
    ['its deadline is over', { stalled: 'its rollout is stuck (ProgressDeadlineExceeded)' }],
    [
      'a StatefulSet waits for an ill pod of the one before, and has made none of its own',
      { kind: 'statefulset', pods: [v2('b'), pod('a'), pod('d')], updated: 0 },
    ],
    [
      'one of its own is well, and a StatefulSet lacks the next one',
      { kind: 'statefulset', pods: [v2('b'), v3('c', { ready: true, neverReady: false })], desired: 3 },
    ],
    ['there is none: all pods are of one revision', { pods: [v3('c', { trouble: crashes }), v3('d')], updated: 2 }],
    [
      'it has replaced all, and is ill for another reason',
      { pods: [v3('c'), v2('b', { terminating: true })], updated: 3, present: 3 },
    ],
    ['its controller has not taken it up', { observed: false }],
    ['it is ours', { templateWriter: { manager: 'paramedic', at: now } }],
    [
      'not all that is ill is told of, and it had its time',
      { ill: 25, templateWriter: { manager: 'kubectl-edit', at: now - 60_001 } },
    ],
  ])('when %s', (_what, more) => {
    expect(isHeld(state(more))).toBe(false);
  });

  it('when its revisions are not known', () => {
    expect(isHeld(state(), '')).toBe(false);
  });

  it('when it is what we took back, also where that leaves no name', () => {
    const taken = (by: string, before = bad) =>
      history(web, `${bad} 12:09:50 kubectl-edit`, `${good} 12:09:00 ${by}`, `${before} 12:05:00 kubectl-edit`);
    expect(isHeld(state(), 'r3', [taken('paramedic')])).toBe(false);
    expect(isHeld(state(), 'r3', [taken('kubectl-edit')])).toBe(true);
    expect(isHeld(state(), 'r3', [taken('paramedic', 'c'.repeat(32))])).toBe(true);
    expect(isHeld(state(), 'r3', [history(web, `${bad} 12:09:50 paramedic`)])).toBe(false);
    expect(isHeld(state(), 'r3', [history(settings, `${bad} 12:09:50 paramedic`)])).toBe(true);
  });
});

it('the current revision is told by what the roll-back by revisions has read', () => {
  expect(currentRevision({ hash: 'h', earlier: [], current: { podHash: 'r3' } })).toBe('r3');
  for (const read of [undefined, 3, {}, { current: {} }, { current: { podHash: '' } }])
    expect(currentRevision(read)).toBeUndefined();
});
