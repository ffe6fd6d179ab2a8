import { randomBytes } from 'node:crypto';
import type { BackupRun, BackupWork } from '../domain/backup-run.ts';
import type { BackupStore } from '../domain/backup-store.ts';
import { LookAgain, messageOf, RunReplaced } from '../domain/errors.ts';
import { backUp } from './back-up.ts';
import { bringBack } from './bring-back.ts';
import { drill } from './drill.ts';
import { mendLeft } from './mend-left.ts';
import { removeLeftOfRuns } from './left-of-runs.ts';
import type { BackupDeps, Begun, Outcome, Write } from './begun.ts';
import { tooLate } from './too-late.ts';

const works: Readonly<Record<BackupWork, (begun: Begun, deps: BackupDeps, signal: AbortSignal) => Promise<Outcome>>> = {
  backup: backUp,
  drill,
  restore: bringBack,
};

/** How soon a run finds that somebody has ended it, or has begun it anew, ms. */
const noticeMs = 2_000;

/**
 * Answers a bell for that record: what came of it; undefined: there is no such record, or it has ended. What a process that
 * died has begun is begun anew, but for a restore that somebody has asked for, later than it may begin. When the signal aborts
 * the record waits for the next bell, and the signal's reason is thrown; when its repository is in use for long, LookAgain.
 * Rejects when the store does not answer.
 */
export async function runBackup(id: string, deps: BackupDeps, signal: AbortSignal): Promise<BackupRun | undefined> {
  const { store, clock } = deps;
  const run = await store.run(id);
  if (run === undefined || run.state === 'ended') return undefined;
  const reason = tooLate(run, clock.now());
  if (reason !== undefined) {
    const ended = await store.update(id, { state: 'ended', result: 'failed', reason, endedAt: clock.now() });
    return ended ? store.run(id) : undefined;
  }
  const runner = randomBytes(8).toString('hex');
  const state = run.work === 'backup' ? 'reading' : 'preparing';
  if (!(await store.update(id, { state, startedAt: clock.now(), bytes: 0, runner }))) return undefined;
  const replaced = new AbortController();
  const either = AbortSignal.any([signal, replaced.signal]);
  const write: Write = async (change) => {
    if (!(await store.update(id, change, runner))) replaced.abort(new RunReplaced(`another run looks after ${id} now`));
  };
  // What is told of its progress may be lost, but for its order: each is written when the one before it is.
  let telling: Promise<unknown> = Promise.resolve();
  const tell = (...told: Parameters<Write>): void => {
    telling = telling.then(() => write(...told)).catch(() => undefined);
  };
  // Of this run alone: another one of the same record must not take our lane for its own.
  const begun = { run, write, tell, holder: `${id}:${runner}` };
  // Before all else: it needs no repository. Who does not answer now fails what is to be done, and is asked again by upkeep.
  const source = deps.source(run.source);
  const left = source && (await mendLeft(source, deps, id).catch(() => undefined));
  if (source) await removeLeftOfRuns(source, deps, id).catch(() => undefined);
  const mended = left?.mended === undefined ? '' : `${left.mended}; `;
  // Somebody may end it from outside, and what reads for long may tell of nothing meanwhile.
  const noticing = setInterval(() => void write({}).catch(() => undefined), noticeMs);
  const outcome = await works[run.work](begun, deps, either).catch((error: unknown): Outcome | LookAgain => {
    if (!(error instanceof LookAgain)) return { result: 'failed', reason: messageOf(error) };
    const late = tooLate(run, clock.now(), error.message);
    return late === undefined ? error : { result: 'failed', reason: late };
  });
  clearInterval(noticing);
  await telling;
  if (replaced.signal.aborted) return endedBy(id, runner, store, replaced.signal);
  if (outcome instanceof LookAgain || (signal.aborted && outcome.result !== 'verified')) {
    await write({ state: 'waiting' });
    throw outcome instanceof LookAgain ? outcome : signal.reason;
  }
  await write({ ...outcome, reason: `${mended}${outcome.reason}`, state: 'ended', endedAt: clock.now() });
  if (replaced.signal.aborted) return endedBy(id, runner, store, replaced.signal);
  return store.run(id);
}

/** How somebody has ended it from outside; throws when nobody has, and another run looks after it, or has. */
async function endedBy(
  id: string,
  runner: string,
  store: Pick<BackupStore, 'run'>,
  { reason }: AbortSignal,
): Promise<BackupRun> {
  const run = await store.run(id);
  if (run?.state === 'ended' && run.runner === runner) return run;
  throw reason;
}
