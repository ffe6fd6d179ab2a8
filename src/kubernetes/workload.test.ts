import { describe, expect, it } from 'vitest';
import type { PodDigest, WorkloadState } from './state.ts';
import { illness, instance, lastLifetimeMs, progress, symptoms, unsettled } from './workload.ts';

const now = Date.parse('2026-11-25T13:10:50Z');
const pod = (fields: Partial<PodDigest> = {}): PodDigest => ({
  name: 'web-1',
  uid: 'u1',
  node: 'node-1',
  revision: '5fff867dcf',
  ready: true,
  terminating: false,
  trouble: '',
  startedAt: now - 3_600_000,
  diedAt: 0,
  ...fields,
});
const well: WorkloadState = {
  kind: 'deployment',
  cluster: 'prod',
  namespace: 'shop',
  name: 'web',
  uid: 'u',
  resourceVersion: '411',
  desired: 3,
  ready: 3,
  updated: 3,
  available: 3,
  present: 3,
  observed: true,
  paused: false,
  strategy: 'RollingUpdate',
  stalled: '',
  restartedAt: '',
  templateHash: 'f00',
  owners: [],
  pods: [pod(), pod(), pod()],
  ill: 0,
};
const stuck = 'its rollout is stuck (ProgressDeadlineExceeded)';
const ill = pod({ name: 'web-2', trouble: 'container app is crash-looping (exit code 1)', ready: false });
const phrase = 'pod web-2: container app is crash-looping (exit code 1)';

describe('symptoms of a workload', () => {
  it.each<[string, Partial<WorkloadState>, readonly string[]]>([
    ['well', {}, []],
    ['with an ill pod', { ready: 2, ill: 1, pods: [ill, pod()] }, [phrase]],
    ['with pods missing', { ready: 1, present: 1 }, ['pod missing (1 of 2)', 'pod missing (2 of 2)']],
    ['with a pod that starts', { ready: 2, starting: 1 }, ['1 of 3 pods is starting']],
    ['in a rollout', { updated: 1 }, ['its rollout is under way: 1 of 3 updated']],
    [
      'whose old pod waits for the new one',
      { present: 4, starting: 1 },
      ['its rollout is under way: 1 pod of the old version left', '1 of 3 pods is starting'],
    ],
    [
      'just changed',
      { observed: false },
      ['its rollout is under way: the controller has not taken up the latest change yet'],
    ],
    [
      'whose rollout is stuck, which is one trouble',
      { updated: 1, stalled: stuck, ill: 1, pods: [ill] },
      [phrase, stuck],
    ],
    ['paused on purpose', { paused: true, updated: 1, present: 4 }, []],
    ['held by its partition', { kind: 'statefulset', updated: 1, held: 2 }, []],
    [
      'on its way to its partition',
      { kind: 'statefulset', updated: 0, held: 2 },
      ['its rollout is under way: 0 of 1 updated'],
    ],
    ['replaced by hand', { kind: 'daemonset', strategy: 'OnDelete', updated: 0, held: 3 }, []],
    ['that asks for nothing', { desired: 0, present: 0, ready: 0, updated: 0, observed: false }, []],
    [
      'one of whose ordinals does not go',
      {
        kind: 'statefulset',
        present: 2,
        ill: 1,
        pods: [pod({ terminating: true, trouble: 'is stuck terminating on node a' })],
      },
      ['pod web-1: is stuck terminating on node a'],
    ],
  ])('%s', (_what, fields, phrases) => {
    expect(symptoms({ ...well, ...fields })).toEqual(phrases);
  });

  it('count every ill pod, also those whose digest was left out, up to 50', () => {
    const pods = Array.from({ length: 20 }, () => ill);
    const of = (count: number) => symptoms({ ...well, ill: count, pods });
    expect(of(22)).toHaveLength(22);
    expect(of(22).slice(-2)).toEqual(['pod ill (1 of 2)', 'pod ill (2 of 2)']);
    expect(of(400)).toHaveLength(50);
  });

  it('are illness only where they do not pass by themselves', () => {
    expect(illness({ ...well, updated: 1, ready: 2, starting: 1 })).toEqual([]);
    expect(illness({ ...well, observed: false })).toEqual([]);
    const all = { ...well, present: 2, ill: 1, stalled: stuck, pods: [ill, pod()] };
    expect(illness(all)).toEqual([phrase, 'pod missing (1 of 1)', stuck]);
  });
});

describe('the last death of a workload', () => {
  const early = pod({ diedAt: now - 90_000, lastLifetimeMs: 5_000 });
  const late = pod({ diedAt: now - 60_000, lastLifetimeMs: 40_000 });
  const deleted = pod({ terminating: true, diedAt: now - 1_000, lastLifetimeMs: 99_000 });

  it('tells how long that container had lived, whichever pod it was in', () => {
    expect(lastLifetimeMs({ ...well, pods: [early, late, pod(), deleted] })).toBe(40_000);
    expect(lastLifetimeMs(well)).toBeUndefined();
  });

  it('makes another instance of it, and a pod more or one that is being deleted does not', () => {
    const before = instance({ ...well, pods: [early, pod()] });
    expect(instance({ ...well, pods: [pod(), early, pod({ uid: 'u2', startedAt: now })] })).toBe(before);
    expect(instance({ ...well, pods: [early, deleted] })).toBe(before);
    expect(instance({ ...well, pods: [early, late] })).not.toBe(before);
  });

  it('or a start, leaves it unsettled for a while', () => {
    expect(unsettled({ ...well, pods: [late] }, now, 60_001)).toBe(true);
    expect(unsettled({ ...well, pods: [late] }, now, 60_000)).toBe(false);
    expect(unsettled({ ...well, pods: [pod({ startedAt: now - 3_000 })] }, now, 60_000)).toBe(true);
    expect(unsettled({ ...well, pods: [deleted] }, now, 60_000)).toBe(false);
  });
});

describe('progress', () => {
  const rolling = { ...well, updated: 1, available: 3 };

  it('grows with a roll-out that gets on', () => {
    expect(progress({ ...rolling, updated: 2 })).toBeGreaterThan(progress(rolling));
    expect(progress({ ...rolling, available: 2 })).toBeLessThan(progress(rolling));
  });

  it('is none without a roll-out, or with an ill pod in it', () => {
    expect(progress(well)).toBe(0);
    expect(
      progress({ ...rolling, ill: 1, pods: [pod({ trouble: 'container app is crash-looping (exit code 1)' })] }),
    ).toBe(0);
    expect(progress({ ...rolling, stalled: stuck })).toBe(0);
  });
});
