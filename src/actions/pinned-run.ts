import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { BackupRun } from '../domain/backup-run.ts';
import type { BackupsClient, SourceNow } from '../domain/backups-client.ts';
import type { Clients } from '../domain/clients.ts';
import { formatDuration } from '../domain/duration.ts';
import { ActionError } from '../domain/errors.ts';
import { wait } from '../domain/wait.ts';

const pollMs = 1_000;
/** The longest that a timer of Node runs, ms. */
const longestTimerMs = 2 ** 31 - 1;

/** The name of one of `backups.sources`: whether there is one is checked where the whole configuration is known. */
export const sourceName = z.string({ error: () => 'has to be the name of one of backups.sources' }).min(1, 'is empty');

/** What such a step finds of its source: that it does not exist, or, where nothing can be asked, nothing. `before`: as `BackupsClient.source`. */
export const observeSource = async (
  { backups }: Clients,
  name: string | undefined,
  work: 'backup' | 'restore',
  before?: number,
): Promise<SourceNow | typeof noSuchSource | undefined> =>
  name === undefined || backups === undefined
    ? undefined
    : ((await backups.source(name, work, before)) ?? noSuchSource);
export const noSuchSource = 'the configuration has no such source';
export const isSource = (seen: unknown): seen is SourceNow =>
  typeof seen === 'object' && seen !== null && 'points' in seen;

/** What one step asks for, as every plan of such a step pins it: with the id of its record, so that it is begun once. */
export const pinnedRun = {
  source: z.string().min(1),
  run: z.string().regex(/^[bu]_[0-9a-f]{16}$/),
  /** Whose step it is. */
  recovery: z.string(),
  /** For how long its end is waited for, ms. */
  waitMs: z.number().int().positive().max(longestTimerMs),
} as const;
export interface PinnedRun {
  readonly source: string;
  readonly run: string;
  readonly recovery: string;
  readonly waitMs: number;
}

/** `timeoutMs`: how long it may take once it was begun; it may have to wait for one before it, and for the repository. */
export function pinRun(
  letter: 'b' | 'u',
  { source, recovery, now, timeoutMs }: Pick<PinnedRun, 'source' | 'recovery'> & { now: number; timeoutMs: number },
): PinnedRun {
  const run = createHash('sha256').update(`${letter} ${recovery} ${source} ${now}`).digest('hex').slice(0, 16);
  return { source, run: `${letter}_${run}`, recovery, waitMs: Math.min(longestTimerMs, 2 * timeoutMs) };
}

/** Throws ActionError `not-found` when nothing is backed up. */
export function backupsOf({ backups }: Clients): BackupsClient {
  if (backups === undefined) throw new ActionError('the configuration backs nothing up (backups)', 'not-found', false);
  return backups;
}

/**
 * Begins the pinned run and waits for its end, however it ends. What goes on with its source already is waited for first:
 * `isEnough` says whether nothing is to be begun any more after that. Throws ActionError, also when it takes too long; it goes
 * on then.
 */
export async function runToEnd(
  { source, run, recovery, waitMs }: PinnedRun,
  how: Pick<BackupRun, 'work' | 'wish'> & { readonly isEnough: () => Promise<boolean> },
  backups: BackupsClient,
  signal: AbortSignal,
): Promise<void> {
  const { isEnough, ...wanted } = how;
  const late = AbortSignal.timeout(waitMs);
  const over = AbortSignal.any([signal, late]);
  const ended = async (id: string): Promise<void> => {
    for (;;) {
      const found = await backups.run(id);
      if (found === undefined || found.state === 'ended') return;
      await wait(pollMs, id, over);
    }
  };
  try {
    for (;;) {
      const { running } = await backups.begin(source, { ...wanted, id: run, trigger: { by: 'recovery', recovery } });
      await ended(running ?? run);
      if (running === undefined || (await isEnough())) return;
    }
  } catch (error) {
    if (signal.aborted || !late.aborted) throw error;
    const reason = `${run} of ${source} has not ended within ${formatDuration(waitMs)}: it is not waited for any longer, and goes on`;
    throw new ActionError(reason, 'timeout', false);
  }
}
