import { describe, expect, it } from 'vitest';
import { ill, pod, workload } from '../../test/fakes/workload-state.ts';
import type { PodDigest, WorkloadState } from '../kubernetes/state.ts';
import { takenByRollout } from './taken-by-rollout.ts';

const well = (count: number): readonly PodDigest[] => Array.from({ length: count }, (_, at) => pod(`well-${at}`));
const hung = (count: number): readonly PodDigest[] => Array.from({ length: count }, (_, at) => ill(`hung-${at}`));
/** Ready at this moment. */
const crashing = (count: number): readonly PodDigest[] =>
  Array.from({ length: count }, (_, at) => ill(`crash-${at}`, 'container app is crash-looping', { ready: true }));
const taken = (pods: readonly PodDigest[], fields: Partial<WorkloadState> = {}, staying?: number): number =>
  takenByRollout(workload({ pods, ...fields }), staying);

describe.each(['deployment', 'daemonset'] as const)('a roll-out of a %s takes', (kind) => {
  it.each<[string, number, readonly PodDigest[], Partial<WorkloadState>]>([
    ['as many as maxUnavailable', 2, well(10), { maxUnavailable: 2 }],
    ['less those that are ill already', 1, [...well(9), ...hung(1)], { maxUnavailable: 2 }],
    ['less those that are missing', 1, well(9), { desired: 10, maxUnavailable: 2 }],
    ['none, when more than that are ill', 0, [...well(7), ...hung(3)], { maxUnavailable: 2 }],
    ['none beside new ones', 0, well(3), { maxUnavailable: 0 }],
    ['one that serves rather than one that crashes', 1, [...well(1), ...crashing(1)], { maxUnavailable: 1 }],
    ['no more than serve', 1, [...well(1), ...crashing(3)], { maxUnavailable: 3 }],
    ['no more than there are', 2, well(2), { maxUnavailable: 5 }],
    ['all of them, when nobody knows the number', 3, well(3), {}],
    ['also those that are not available yet', 3, well(4), { available: 1, maxUnavailable: 1 }],
    [
      'none, where more are said to be available than are ready',
      0,
      well(2),
      { desired: 4, available: 4, maxUnavailable: 1 },
    ],
    ['none, when they are replaced only once deleted', 0, well(3), { strategy: 'OnDelete', maxUnavailable: 1 }],
  ])('%s: %d', (_what, count, pods, fields) => {
    expect(taken(pods, { kind, ...fields })).toBe(count);
  });
});

it('with the strategy Recreate all of them go', () => {
  expect(taken([...well(3), ...hung(1)], { strategy: 'Recreate' })).toBe(3);
  expect(taken(hung(2), { strategy: 'Recreate' })).toBe(0);
});

describe('a roll-out of a StatefulSet takes', () => {
  const kind = 'statefulset';

  it.each<[string, number, readonly PodDigest[], Partial<WorkloadState>]>([
    ['one', 1, well(3), {}],
    ['one, also beside those that are ill', 1, [...well(1), ...hung(2)], {}],
    ['none, where none serves', 0, hung(3), {}],
    ['as many as its maxUnavailable', 2, well(5), { maxUnavailable: 2 }],
    ['none, when they are replaced only once deleted', 0, well(3), { strategy: 'OnDelete' }],
  ])('%s: %d', (_what, count, pods, fields) => {
    expect(taken(pods, { kind, ...fields })).toBe(count);
  });
});

it('what has the new version already stays', () => {
  expect(taken(well(3), { strategy: 'Recreate' }, 2)).toBe(1);
  expect(taken(well(3), { kind: 'statefulset' }, 3)).toBe(0);
  expect(taken(well(3), { strategy: 'Recreate' }, 5)).toBe(0);
});
