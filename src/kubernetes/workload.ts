import type { PodDigest, WorkloadState } from './state.ts';

/** So that a sentence made of them ends; more of one kind count no further. */
const mostPhrases = 50;

/**
 * One phrase for each thing that is wrong or under way; none: it is well. A pod that is starting, and a roll-out that
 * is getting on, are phrases too, because it is not well yet; `illness` is what does not pass by itself.
 */
export function symptoms(state: WorkloadState): readonly string[] {
  if (state.gone || state.desired === 0) return illness(state).slice(0, 1);
  const { starting = 0, desired } = state;
  const ill = illness(state);
  return [
    ...ill,
    ...(state.stalled === '' ? [rolloutUnderWay(state)].filter((phrase) => phrase !== '') : []),
    ...(starting === 0 ? [] : [`${starting} of ${desired} pods ${starting === 1 ? 'is' : 'are'} starting`]),
  ];
}

/** The symptoms of what is ill, missing or stuck: not of what was just begun and may still come to a good end. */
export function illness(state: WorkloadState): readonly string[] {
  // Worse than whatever ails one that is there: what has brought it back is not taken back for that.
  if (state.gone) return ['it is gone', ...numbered('pod missing', mostPhrases, mostPhrases)];
  if (state.desired === 0) {
    // Nothing is asked of it, unless that itself is the trouble.
    const { scaledFrom = 0 } = state;
    if (scaledFrom === 0) return [];
    const had = `it is scaled to 0, and had ${scaledFrom} when it was seen healthy last`;
    return [had, ...numbered('pod missing', Math.min(scaledFrom, mostPhrases), scaledFrom)];
  }
  return [...ofPods(state), ...missing(state), state.stalled].filter((phrase) => phrase !== '');
}

function ofPods({ pods, ill }: WorkloadState): readonly string[] {
  const told = pods.filter(({ trouble }) => trouble !== '').map(({ name, trouble }) => `pod ${name}: ${trouble}`);
  const untold = Math.min(ill, mostPhrases) - told.length;
  return [...told, ...numbered('pod ill', untold, ill - told.length)];
}

function missing({ kind, desired, present, pods }: WorkloadState): readonly string[] {
  // These keep one pod per ordinal or node: while it does not go, no other can come, and that was told already.
  const waiting = kind === 'deployment' ? 0 : pods.filter(({ terminating, trouble }) => terminating && trouble).length;
  const count = Math.max(0, desired - present - waiting);
  return numbered('pod missing', Math.min(count, mostPhrases), count);
}

/** As many phrases as there are, so that fewer of them is fewer symptoms: `pod missing (1 of 2)`. */
const numbered = (what: string, phrases: number, count: number): readonly string[] =>
  Array.from({ length: Math.max(0, phrases) }, (_, index) => `${what} (${index + 1} of ${count})`);

/** What a roll-out still has to do, a phrase; empty when none is under way, or it is meant to rest where it is. */
export function rolloutUnderWay(state: WorkloadState): string {
  const { kind, observed, paused, desired, updated, present, held = 0 } = state;
  if (!observed) return 'its rollout is under way: the controller has not taken up the latest change yet';
  if (paused) return '';
  const toUpdate = Math.max(0, desired - held);
  if (updated < toUpdate) return `its rollout is under way: ${updated} of ${toUpdate} updated`;
  // The old pod stays until the new one is ready, and is ready itself: the count of ready pods says nothing here.
  const old = kind === 'deployment' ? present - updated : 0;
  return old > 0 ? `its rollout is under way: ${old} pod${old === 1 ? '' : 's'} of the old version left` : '';
}

/** Grows while a roll-out gets on without an ill pod; 0: none does. */
export const progress = (state: WorkloadState): number =>
  rolloutUnderWay(state) === '' || illness(state).length > 0 ? 0 : 1 + state.updated + state.available;

/** Differs when a container died and came back between two looks; a pod more or less is not a death. */
export const instance = (state: WorkloadState): string => String(newestDeath(state)?.diedAt ?? 0);

/** Of the container that died last, over all its pods, ms. */
export const lastLifetimeMs = (state: WorkloadState): number | undefined => newestDeath(state)?.lastLifetimeMs;

/** Well now, but a container started or died within the window. */
export const unsettled = (state: WorkloadState, now: number, windowMs: number): boolean =>
  staying(state).some(({ startedAt, diedAt }) => Math.max(startedAt, diedAt) > now - windowMs);

const newestDeath = (state: WorkloadState): PodDigest | undefined =>
  staying(state)
    .filter(({ diedAt }) => diedAt > 0)
    .toSorted((a, b) => b.diedAt - a.diedAt)[0];

/** What dies because it is being deleted tells nothing of what stays. */
const staying = ({ pods }: WorkloadState): readonly PodDigest[] => pods.filter(({ terminating }) => !terminating);
