import { formatDuration } from '../../domain/duration.ts';
import { no, type Verdict } from '../../domain/verdict.ts';
import type { WorkloadState } from '../../kubernetes/state.ts';
import { lookAgainMs } from '../pinned-workload.ts';
import type { ReplicaHistory } from './replica-history.ts';
import { backHours } from './replica-queries.ts';
import { many } from './replicas.ts';
import { whileMs } from './stretches.ts';

/** A number of replicas to go to, and the end of a sentence that says why that one; or why there is none. */
export type Wanted = { readonly to: number; readonly why: string } | Verdict;

/** How far what Prometheus has may be behind the API: a scrape, and the windows that look back, ms. */
const behindMs = 3 * 60_000;

type Present = Pick<WorkloadState, 'desired' | 'replicasWriter'>;

/** The number that it had when it was last well for a while, the present one not counted. */
export function knownGood(state: Present, history: ReplicaHistory, now: number): Wanted {
  if ('ok' in history) return history;
  const { stretches, last } = history;
  const { desired } = state;
  if (last !== null && contradicts(last, state, now)) {
    const there = `Prometheus has ${many(last.replicas)} for it at ${clockOf(last.atMs)}`;
    return no(`${there} where the cluster has ${desired}: that is late, or of another cluster`, lookAgainMs);
  }
  const chosen = stretches.find(({ replicas }) => replicas !== desired);
  if (chosen !== undefined) {
    const { replicas: to, fromMs, untilMs } = chosen;
    const when = `for ${formatDuration(untilMs - fromMs)} until ${clockOf(untilMs)}`;
    return { to, why: `, what it had when it was last well (${when})` };
  }
  const past = `the last ${backHours} h`;
  if (stretches.length > 0) return no(`it has ${many(desired)} already, as whenever it was well in ${past}`);
  const seen = `Prometheus has not seen it well for ${formatDuration(whileMs)} without a break in ${past}`;
  return no(`${seen}; give the step a number: scale: {to: 3}`);
}

/**
 * Prometheus tells of another number, and not because it was changed since. Who scales to 0 leaves no name and no time in
 * the API: then only what Prometheus says of right now can contradict.
 */
function contradicts(last: { readonly replicas: number; readonly atMs: number }, state: Present, now: number): boolean {
  const { desired, replicasWriter } = state;
  if (last.replicas === desired) return false;
  return replicasWriter === undefined ? last.atMs > now - behindMs : replicasWriter.at < last.atMs - behindMs;
}

/** `14:05 UTC` */
const clockOf = (ms: number): string => `${new Date(ms).toISOString().slice(11, 16)} UTC`;
