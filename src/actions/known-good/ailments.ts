import type { PodDigest } from '../../kubernetes/state.ts';
import { causeOf } from '../../kubernetes/trouble-cause.ts';

/** What ails pods by what runs in them: the same phrase for the same trouble, once each, in an order of their own. */
export const ailmentsOf = (pods: readonly PodDigest[]): readonly string[] =>
  [
    ...new Set(
      pods.flatMap(({ trouble, terminating }) =>
        trouble !== '' && !terminating && ['process', 'start', 'place'].includes(causeOf(trouble)) ? [trouble] : [],
      ),
    ),
  ].toSorted();

/** The pods that came after these, and have one of these ailments. */
export const illTheSame = (
  ailments: readonly string[],
  before: readonly PodDigest[],
  now: readonly PodDigest[],
): readonly PodDigest[] => {
  const known = new Set(before.map(({ uid }) => uid));
  return now.filter(
    ({ uid, trouble }) => !known.has(uid) && ailments.includes(trouble) && causeOf(trouble) !== 'place',
  );
};
