import { randomBytes } from 'node:crypto';
import type { BackupRepository } from '../domain/backup.ts';
import type { BackupSource } from '../domain/backup-source.ts';
import type { BackupStore } from '../domain/backup-store.ts';
import type { Clients } from '../domain/clients.ts';
import type { Clock } from '../domain/clock.ts';
import { LookAgain, messageOf, RunReplaced } from '../domain/errors.ts';
import type { Care, CareRun } from '../domain/repository-care.ts';
import { no } from '../domain/verdict.ts';
import { careOfId } from './begin-care.ts';
import { type CareEnd, checkNext, damagedEnd, pruneUnlessDamaged } from './care-works.ts';
import { clearLocks } from './clear-locks.ts';
import { type CopyInput, copyPoints } from './copy-points.ts';
import { forgetOld } from './forget-old.ts';
import { ourIdentity } from './identities.ts';
import { inLane, waitMsOf } from './in-lane.ts';
import { sourcesCopiedIn } from './manifest.ts';
import { newestGone } from './newest-gone.ts';
import { onceUnlocked } from './once-unlocked.ts';
import { readyRepository } from './ready-repository.ts';
import type { Repository } from './restic/repository.ts';
import { ResticError } from './restic/restic-failure.ts';
import type { SourceKind } from './source-kind.ts';

/** What repositories are looked after with. */
export interface RunCareDeps {
  readonly store: BackupStore;
  readonly clock: Clock;
  readonly clients: () => Clients;
  /** As the configuration has it now; undefined: not any more. */
  readonly configured: (name: string) => BackupRepository | undefined;
  readonly repository: (name: string) => Repository | undefined;
  readonly sources: () => readonly BackupSource[];
  readonly kind: (kind: string) => SourceKind | undefined;
}

/**
 * Answers a bell of `beginCare`: what came of it; undefined: it has ended, or was never begun. What a process that died has
 * begun is begun anew. When the signal aborts it waits for the next bell, and the signal's reason is thrown. Throws LookAgain
 * while somebody has a lock in the repository; rejects when the store does not answer.
 */
export async function runCare(id: string, deps: RunCareDeps, signal: AbortSignal): Promise<CareRun | undefined> {
  const { store, clock } = deps;
  const of = careOfId(id);
  const found = of && (await store.care(of.repository, of.work));
  if (found?.run?.id !== id || found.run.state === 'ended') return undefined;
  const runner = randomBytes(8).toString('hex');
  const begun = await write(found, { ...found.run, state: 'running', startedAt: clock.now(), runner });
  const end = await caring(begun, deps, `${id}:${runner}`, signal).catch((error: unknown): CareEnd | LookAgain => {
    if (error instanceof LookAgain) return error;
    const reason = messageOf(error);
    const isBroken = error instanceof ResticError && error.failure.kind === 'damaged' && begun.work === 'check';
    return isBroken ? damagedEnd(reason) : { result: 'failed', reason };
  });
  const now = clock.now();
  const { run, ...rest } = begun;
  if (end instanceof LookAgain) {
    await write(rest, { ...run, state: 'waiting', reason: end.message });
    throw end;
  }
  const { result, reason, learn } = end;
  if (signal.aborted && result === 'failed') {
    await write(rest, { ...run, state: 'waiting' });
    throw signal.reason;
  }
  const known = learn?.(rest, now) ?? rest;
  const ended = await write(
    { ...known, ...(result === 'done' && { goodAt: now }) },
    { ...run, state: 'ended', endedAt: now, result, reason },
  );
  return ended.run;

  /** Throws RunReplaced when somebody else has written since. */
  async function write(care: Care, next: CareRun): Promise<Care & { readonly run: CareRun }> {
    const written = { ...care, version: care.version + 1, run: next };
    if (!(await store.writeCare(written))) throw new RunReplaced(`another run looks after ${id} now`);
    return written;
  }
}

/** Throws LookAgain, ResticError, or what the store throws. */
async function caring(care: Care, deps: RunCareDeps, holder: string, signal: AbortSignal): Promise<CareEnd> {
  const { repository: name, work } = care;
  const config = deps.configured(name);
  const repository = deps.repository(name);
  if (config?.[work] === undefined || repository === undefined)
    return { result: 'failed', reason: `that is not in the configuration of repository ${name} any more` };
  const use = { store: deps.store, clock: deps.clock, holder };
  const ready = await readyRepository(repository, use, signal);
  if (!ready.ok) return { result: 'failed', reason: ready.reason };
  try {
    if (config.copy !== undefined && work === 'copy')
      return await copyTo(config.copy.to, repository, deps, holder, signal);
    const lane = { lane: 'exclusive', waitMs: waitMsOf.exclusive, looksAgain: true } as const;
    return await inLane({ ...use, repository: name, ...lane }, signal, async (alone) => {
      // One that a machine left when it lost its power would fail every check, and every backup beside it.
      await clearLocks(repository, deps.clock.now(), alone);
      if (work !== 'check') {
        const check = await deps.store.care(name, 'check');
        // A backup forgets when it ends alone, which one that always ends beside a longer one never does.
        const kept = check?.damage === undefined ? await forgetHere(repository, deps, alone) : [];
        const pruned = await pruneUnlessDamaged(check, repository, alone);
        return { ...pruned, reason: [pruned.reason, ...kept].join('; ') };
      }
      const end = await checkNext(care, config.check?.parts ?? 0, repository, alone);
      return { ...end, reason: [end.reason, ...(await goneFrom(repository, deps, alone))].join('; ') };
    });
  } catch (error) {
    if (error instanceof ResticError && error.failure.kind === 'locked') throw new LookAgain(error.message);
    throw error;
  }
}

/** The newest recovery points that are gone from a repository, a sentence each. What was checked counts, whatever becomes of this. */
async function goneFrom(
  repository: Repository,
  { store, clock, clients, sources }: RunCareDeps,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const said: string[] = [];
  try {
    const all = await repository.snapshots({ signal });
    const identity = await ourIdentity(clients());
    for (const source of sources().filter((one) => one.repository === repository.place.name)) {
      const its = all.filter(({ host }) => host === source.name);
      const gone = await newestGone(source, its, repository, { store, now: clock.now(), identity }, signal);
      if (gone !== undefined) said.push(gone);
    }
  } catch (error) {
    if (signal.aborted) throw error;
    said.push(`whether recovery points are gone could not be looked at: ${messageOf(error)}`);
  }
  return said;
}

const shared = { lane: 'shared', waitMs: waitMsOf.shared, looksAgain: true } as const;

/** Copies, and then forgets there what the sources do not keep. */
async function copyTo(
  name: string,
  from: Repository,
  deps: RunCareDeps,
  holder: string,
  signal: AbortSignal,
): Promise<CareEnd> {
  const { store, clock, repository, kind } = deps;
  const to = repository(name);
  if (to === undefined) return { result: 'failed', reason: `repository ${name} is not in the configuration any more` };
  const use = { store, clock, holder };
  const ready = await readyRepository(to, { ...use, like: from.place }, signal);
  if (!ready.ok) return { result: 'failed', reason: ready.reason };
  const inBoth: CopyInput['inBoth'] = (copying) =>
    inLane({ ...use, repository: from.place.name, ...shared }, signal, (here) =>
      inLane({ ...use, repository: name, ...shared }, here, copying),
    );
  const copying = () => copyPoints({ from, to, clock, kind, inBoth }, signal);
  const waits = { ...use, waitMs: waitMsOf.shared, looksAgain: true } as const;
  // What is locked may be either of them.
  const end = await onceUnlocked(from, waits, signal, () => onceUnlocked(to, waits, signal, copying));
  const kept = await inLane({ ...use, repository: name, lane: 'exclusive' }, signal, (alone) =>
    forgetCopied(to, deps, alone),
  ).catch((error: unknown) => {
    // It is begun anew then: called done, it would not be.
    if (signal.aborted) throw error;
    return [`nothing is forgotten there now: ${messageOf(error)}`];
  });
  return { ...end, reason: [end.reason, kept.join(', ')].filter((said) => said !== '').join('; ') };
}

/**
 * Forgets what the sources do not keep, of all that there are copies of: one that was cut short may have brought some of them,
 * and nobody else knows. What it says of each source. Throws ResticError.
 */
async function forgetCopied(
  to: Repository,
  { sources, clients, clock }: Pick<RunCareDeps, 'sources' | 'clients' | 'clock'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const copied = sourcesCopiedIn(await to.snapshots({ signal }));
  const identity = await ourIdentity(clients());
  const said: string[] = [];
  for (const source of sources().filter((one) => copied.has(one.name)))
    said.push(`${source.name}: ${(await forgetOld(source, identity, to, clock, signal)).reason}`);
  return said;
}

/** The same of all sources that are backed up to a repository; what keeps one of them from it is said, and keeps no other. */
async function forgetHere(
  repository: Repository,
  { sources, clients, clock }: Pick<RunCareDeps, 'sources' | 'clients' | 'clock'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const identity = await ourIdentity(clients());
  const said: string[] = [];
  for (const source of sources().filter((one) => one.repository === repository.place.name)) {
    const kept = await forgetOld(source, identity, repository, clock, signal).catch((error: unknown) => {
      if (signal.aborted) throw error;
      return no(`nothing is forgotten now: ${messageOf(error)}`);
    });
    said.push(`${source.name}: ${kept.reason}`);
  }
  return said;
}
