import { createHash } from 'node:crypto';
import { Cron } from 'croner';
import type { Schedule } from '../domain/schedule.ts';
import { clocksOf } from './clocks-of.ts';

/** Whether something is to be begun now. Times in ms since the epoch. */
export interface Due {
  readonly due: boolean;
  /** Up to when all that the schedule named is seen to, once this is done; absent: as it was. */
  readonly until?: number;
  /** When it is due next if nothing is begun now; absent: never again. */
  readonly next?: number;
}

/**
 * Whether a schedule is due. `until`: up to when all that it named has been seen to; undefined: it was never looked at, and
 * begins now, with its next time unless it says `atOnce`. However many times were missed, it is due once.
 *
 * A clock that is put back must not have done again what was done a moment ago, nor keep everything waiting until it is as
 * late again: up to one time of the schedule is not repeated; if it was put back by more, what was seen to is not to be
 * trusted, it is due at once, and the new time counts from then on.
 */
export function dueNow(schedule: Schedule, name: string, until: number | undefined, now: number): Due {
  const late = jitterOf(schedule, name);
  const named = now - late;
  const nextAfter = (from: number): Pick<Due, 'next'> => {
    const next = timeAfter(schedule, from);
    return next === undefined ? {} : { next: next + late };
  };
  if (until === undefined) return { due: schedule.atOnce === true, until: named, ...nextAfter(named) };
  if (until > named && putBack(schedule, named, until)) return { due: true, until: named, ...nextAfter(named) };
  const first = timeAfter(schedule, until);
  if (first !== undefined && first <= named) return { due: true, until: named, ...nextAfter(named) };
  return { due: false, ...nextAfter(until) };
}

/** When it is first due after a moment, ms since the epoch; undefined: never again. */
export function dueAfter(schedule: Schedule, name: string, afterMs: number): number | undefined {
  const late = jitterOf(schedule, name);
  const next = timeAfter(schedule, afterMs - late);
  return next === undefined ? undefined : next + late;
}

/** Whether two of its times lie between now and what is said to be seen to. */
function putBack(schedule: Schedule, now: number, until: number): boolean {
  const first = timeAfter(schedule, now);
  const second = first === undefined ? undefined : timeAfter(schedule, first);
  return second !== undefined && second <= until;
}

/**
 * The first time that the schedule names after this one, without jitter, ms since the epoch; undefined: it never comes. What is
 * for each hour goes by the hours that pass. All else goes by what clocks show: what they are put forward over comes right
 * then, and what they show twice comes the first time.
 */
export function timeAfter({ cron, timeZone }: Omit<Schedule, 'jitterMs'>, afterMs: number): number | undefined {
  const next = (from: number, zone: string): number | undefined =>
    new Cron(cron, { ...fiveFields, timezone: zone }).nextRun(new Date(from))?.getTime();
  if (cron.trim().split(/\s+/)[1] === '*') return next(afterMs, timeZone);
  const clocks = clocksOf(timeZone);
  for (let shown = next(clocks.shown(afterMs), 'UTC'); shown !== undefined; shown = next(shown, 'UTC')) {
    const instant = clocks.firstShowing(shown);
    if (instant > afterMs) return instant;
  }
  return undefined;
}

/** A sentence: why this is no time of a schedule; undefined: it is one. */
export function wrongCron(cron: string): string | undefined {
  const fields = cron.trim().split(/\s+/).length;
  if (fields !== 5) return `it has ${fields === 1 ? '1 field' : `${fields} fields`}, and not five`;
  try {
    // It has no job, and was never started.
    new Cron(cron, fiveFields).stop();
    return undefined;
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).replace(/^CronPattern: /, '');
  }
}

const fiveFields = { mode: '5-part', paused: true } as const;

/** The shortest time between two of the next times of a schedule, ms; undefined: there are no two. */
export function shortestGapMs(schedule: Omit<Schedule, 'jitterMs'>, now: number): number | undefined {
  let shortest: number | undefined;
  let before = timeAfter(schedule, now);
  for (let seen = 0; seen < looked && before !== undefined; seen += 1) {
    const next = timeAfter(schedule, before);
    if (next !== undefined) shortest = Math.min(shortest ?? Infinity, next - before);
    before = next;
  }
  return shortest;
}
const looked = 100;

/** How much later than its schedule says it is begun: always the same for one name, ms. */
function jitterOf({ jitterMs }: Schedule, name: string): number {
  if (jitterMs === 0) return 0;
  return createHash('sha256').update(name).digest().readUIntBE(0, 6) % jitterMs;
}
