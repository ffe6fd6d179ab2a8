import type { BackupWork } from '../domain/backup-run.ts';
import type { BackupSource } from '../domain/backup-source.ts';
import type { BackupStore } from '../domain/backup-store.ts';
import type { Schedule } from '../domain/schedule.ts';
import { type AskDeps, askBackup } from './ask-backup.ts';
import { dueNow } from './due.ts';
import { eachOf } from './each-of.ts';
import { turnOf } from './turn-of.ts';

/** When something is done next. */
export interface NextRun {
  /** ms since the epoch */
  readonly at: number;
  /** Of its schedule, for people: `Europe/Berlin`. */
  readonly timeZone: string;
}

export type DueDeps = AskDeps & {
  readonly store: Pick<BackupStore, 'open' | 'openRuns' | 'turn' | 'takeTurn' | 'noteDrillsSince'>;
};

/**
 * Begins what the schedules of the sources ask for. That it is due is decided here, out of what is remembered, and not by who
 * rings: so it makes no difference how often and by how many processes this is called, and what was missed is missed no more
 * as soon as somebody calls it. While something goes on with a source it stays due. Rejects with what it could not look at,
 * once it has looked at all.
 */
export async function beginDue(deps: DueDeps): Promise<void> {
  const acts = [
    () => eachOf(schedulesOf(deps.sources()), (one) => beginIfDue(one, deps)),
    // By when the first drill has to have been well is counted from here. Whoever changes its schedule does not begin that anew.
    () =>
      eachOf(deps.sources(), ({ name, drill }) => deps.store.noteDrillsSince(name, drill.schedule && deps.clock.now())),
  ];
  await eachOf(acts, (act) => act());
}

async function beginIfDue({ source, work, schedule }: Scheduled, deps: DueDeps): Promise<void> {
  const { of, was, until: before } = await turnOf(deps.store, work, source.name, schedule);
  const { due, until } = dueNow(schedule, source.name, before, deps.clock.now());
  if (until === undefined) return;
  const turn = { of, was, until, timeZone: schedule.timeZone };
  if (due) await askBackup(source.name, { work, trigger: { by: 'schedule' } }, deps, turn);
  else await deps.store.takeTurn(turn);
}

/** When the next backup and the next drill of a source are; nothing of what has no schedule. */
export async function nextOf(
  source: BackupSource,
  store: Pick<BackupStore, 'turn'>,
  now: number,
): Promise<{ readonly backup?: NextRun; readonly drill?: NextRun }> {
  const found: Partial<Record<BackupWork, NextRun>> = {};
  for (const { work, schedule } of schedulesOf([source])) {
    const { until } = await turnOf(store, work, source.name, schedule);
    const at = nextAt(schedule, source.name, until, now);
    if (at !== undefined) found[work] = { at, timeZone: schedule.timeZone };
  }
  return found;
}

/** What is due is next at once. */
export function nextAt(schedule: Schedule, name: string, until: number | undefined, now: number): number | undefined {
  const said = dueNow(schedule, name, until, now);
  return said.due ? now : said.next;
}

interface Scheduled {
  readonly source: BackupSource;
  readonly work: 'backup' | 'drill';
  readonly schedule: Schedule;
}

const schedulesOf = (sources: readonly BackupSource[]): readonly Scheduled[] =>
  sources.flatMap((source) =>
    (
      [
        ['backup', source.schedule],
        ['drill', source.drill.schedule],
      ] as const
    ).flatMap(([work, schedule]) => (schedule === undefined ? [] : [{ source, work, schedule }])),
  );
