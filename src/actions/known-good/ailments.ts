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

/** Whether a pod has one of these ailments, and does not only wait for a place. */
export const isIllOf = (ailments: readonly string[], { trouble }: PodDigest): boolean =>
  ailments.includes(trouble) && causeOf(trouble) !== 'place';
