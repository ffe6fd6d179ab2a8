import { randomBytes } from 'node:crypto';
import type { BackupRun, BackupWork } from '../domain/backup-run.ts';
import type { BackupSource } from '../domain/backup-source.ts';
import type { BackupStore, Turn } from '../domain/backup-store.ts';
import type { Clock } from '../domain/clock.ts';
import { no, type Verdict, yes } from '../domain/verdict.ts';
import { tooLate } from './too-late.ts';

/** Says "look now" at the record of a backup. */
export interface BackupBell {
  ring(id: string): Promise<void>;
  /** Whether somebody will look, or does. */
  isLive(id: string): Promise<boolean>;
}

export interface AskDeps {
  readonly store: Pick<BackupStore, 'open' | 'openRuns'>;
  readonly bell: BackupBell;
  readonly clock: Clock;
  /** As the configuration has them now. */
  readonly sources: () => readonly BackupSource[];
}

/** What is asked for; under an id of its own when there is none. */
export type Asked = Pick<BackupRun, 'work' | 'trigger' | 'wish'> & Partial<Pick<BackupRun, 'id'>>;

/**
 * How long a restore that somebody has asked for may take to begin, ms: a bell that is lost is rung again within 30 s. What is
 * there then may not be what he saw.
 */
const beginWithinMs = 60_000;

/** What their ids begin with. */
const letters: Readonly<Record<BackupWork, string>> = { backup: 'b', drill: 'd', restore: 'u' };
/** By which a bell of a restore is known. */
export const restoreLetter = `${letters.restore}_`;

/**
 * Opens the record of it, and rings. `run`: its id; without `ok` that of the one that goes on already, if one does. With a
 * turn it is opened for that time of a schedule, once, whoever asks.
 */
export async function askBackup(
  name: string,
  asked: Asked,
  { store, bell, clock, sources }: AskDeps,
  turn?: Turn,
): Promise<Verdict & { readonly run?: string }> {
  const source = sources().find((one) => one.name === name);
  if (source === undefined) return no(noSource(name, sources()));
  const { work, trigger } = asked;
  const openedAt = clock.now();
  const { id = `${letters[work]}_${randomBytes(8).toString('hex')}` } = asked;
  const record: BackupRun = {
    ...asked,
    id,
    source: name,
    repository: source.repository,
    state: 'waiting',
    openedAt,
    ...(work === 'restore' && trigger.by === 'hand' && { beginBy: openedAt + beginWithinMs }),
    bytes: 0,
  };
  const opened = await store.open(record, turn);
  if ('running' in opened)
    return {
      ...no(
        `something goes on with ${name} already: ${opened.running}; unless it writes, \`paramedic backups cancel ${opened.running}\` ends it`,
      ),
      run: opened.running,
    };
  if ('late' in opened) return no(`somebody else has seen to it that ${name} is done`);
  // A bell that is not heard is rung again by upkeep.
  await bell.ring(id).catch(() => undefined);
  return { ...yes(`the ${work} of ${name} is begun: ${id}`), run: id };
}

/** Why there is nothing to be done with a source of that name. */
export function noSource(name: string, sources: readonly Pick<BackupSource, 'name'>[]): string {
  if (sources.length === 0) return `there is no source ${name}: the configuration names none (backups.sources)`;
  return `there is no source ${name}; there are ${sources.map((one) => one.name).join(', ')}`;
}

/**
 * Rings again for those that nobody looks at: their bell was lost with a process, or with Redis. A restore that could not begin
 * in time is ended: who has asked for it does not wait until somebody has a place for it.
 */
export async function ringAgain({
  store,
  bell,
  clock,
}: Pick<AskDeps, 'bell' | 'clock'> & {
  readonly store: Pick<BackupStore, 'openRuns' | 'endUntouched'>;
}): Promise<void> {
  for (const run of await store.openRuns()) {
    const reason = run.state === 'waiting' ? tooLate(run, clock.now()) : undefined;
    if (reason !== undefined) await store.endUntouched(run.id, { result: 'failed', reason, endedAt: clock.now() });
    else if (!(await bell.isLive(run.id))) await bell.ring(run.id);
  }
}
