import type { ObjectHistory } from '../../domain/known-good.ts';
import { ourManager } from '../../domain/our-writes.ts';
import { field } from '../../domain/fields.ts';
import { clockTime } from '../../known-good/changes/clock-time.ts';
import type { PodDigest, WorkloadState } from '../../kubernetes/state.ts';
import { rolloutUnderWay } from '../../kubernetes/workload.ts';

/** A pod that has not been ready for so long since it began to run may never be, ms. */
const neverMs = 60_000;

/** It takes for ever, as far as that can be said before Kubernetes says it. */
export const isLate = ({ neverReady, startedAt }: PodDigest, now: number): boolean =>
  neverReady === true && startedAt > 0 && now - startedAt > neverMs;

/** What the pods of the current revision carry, out of what the roll-back by revisions has read; undefined: that is not known. */
export function currentRevision(read: unknown): string | undefined {
  const hash = field(field(read, 'current'), 'podHash');
  return typeof hash === 'string' && hash !== '' ? hash : undefined;
}

/**
 * That somebody's roll-out is getting on, a clause: what is ill is what it replaces. Undefined: none is, it is ours, one of
 * its own pods is ill or late, or they are not even made, be it for a quota, a webhook, or because a StatefulSet waits for an
 * ill one.
 */
export function rollOutUnderWay(
  state: WorkloadState,
  { current, history, now }: { readonly current?: string; readonly history?: ObjectHistory; readonly now: number },
): string | undefined {
  const { kind, observed, stalled, desired, present, pods, templateWriter } = state;
  if (current === undefined || !observed || stalled !== '' || rolloutUnderWay(state) === '') return undefined;
  if (templateWriter?.manager === ourManager || isTakenBack(history)) return undefined;
  const own = pods.filter(({ revision, terminating }) => revision === current && !terminating);
  const old = pods.filter(({ revision }) => revision !== current);
  if (old.length === 0 || own.some((pod) => pod.trouble !== '' || isLate(pod, now))) return undefined;
  // Only of a Deployment it is said (`stalled`) that no more of them can be made.
  const isWhole = kind === 'deployment' || present >= desired;
  const isMade = own.length > 0 && (isWhole || own.some(({ ready }) => !ready));
  if (!isMade && !old.some(({ terminating, trouble }) => terminating && trouble === '')) return undefined;
  // Its own may be among the ill ones of which the state does not tell: they had their time.
  const isTold = state.ill <= pods.filter(({ trouble }) => trouble !== '').length;
  if (!isTold && now - (templateWriter?.at ?? 0) > neverMs) return undefined;
  const begun = templateWriter === undefined ? '' : ` begun at ${clockTime(templateWriter.at, now)}`;
  return `a roll-out${begun} is under way, and none of its pods is ill`;
}

/** It is what it was before we put it back, and took that back: the roll-out is ours, whatever the fields say. */
function isTakenBack(history: ObjectHistory | undefined): boolean {
  const [is, ours, before] = history?.versions ?? [];
  return is?.by === ourManager || (ours?.by === ourManager && is !== undefined && is.hash === before?.hash);
}
