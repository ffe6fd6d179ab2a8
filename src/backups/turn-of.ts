import type { BackupStore } from '../domain/backup-store.ts';
import type { Schedule, SeenTo } from '../domain/schedule.ts';
import { isTimeZone } from '../domain/time-zone.ts';
import { clocksOf } from './clocks-of.ts';
import { shortestGapMs } from './due.ts';

/** What a schedule is known by. With another cron it is another one; in another zone it goes on. */
export const turnName = (work: string, name: string, { cron }: Pick<Schedule, 'cron'>): string =>
  `${work} ${name} ${cron}`;

/** How a schedule stands: what `Turn` needs, and up to when it is seen to by the clocks of its zone, ms since the epoch. */
export interface TurnOf {
  readonly of: string;
  readonly was: SeenTo | undefined;
  readonly until: number | undefined;
}

export async function turnOf(
  store: Pick<BackupStore, 'turn'>,
  work: string,
  name: string,
  schedule: Schedule,
): Promise<TurnOf> {
  const of = turnName(work, name, schedule);
  const was = await store.turn(of, zonesBefore(schedule));
  return { of, was, until: was && untilIn(schedule, was) };
}

const day = 86_400_000;

/**
 * Up to when it is seen to, when its zone may be another one by now. What was done at half past two of the one zone is not done
 * again at half past two of the other one that day, and what was not done then still is: once, at its time by the new clocks,
 * or at once when they have shown that. What comes more often than once a day goes by the time that passed: a day's
 * difference would leave out some of it.
 */
export function untilIn(schedule: Pick<Schedule, 'cron' | 'timeZone'>, { until, timeZone }: SeenTo): number {
  if (timeZone === schedule.timeZone || !isTimeZone(timeZone)) return until;
  // In UTC each day has 24 hours.
  const gapMs = shortestGapMs({ cron: schedule.cron, timeZone: 'UTC' }, until);
  if (gapMs !== undefined && gapMs < day) return until;
  return clocksOf(schedule.timeZone).firstShowing(clocksOf(timeZone).shown(until));
}

/** In which zones a version that knew each of them for itself may have it: one without a name was that of the process. */
const zonesBefore = ({ timeZone, unnamedZone }: Schedule): readonly string[] => [
  timeZone,
  ...(unnamedZone ? [Intl.DateTimeFormat().resolvedOptions().timeZone] : []),
];
