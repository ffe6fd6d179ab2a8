import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { othersThan } from '../backups/identities.ts';
import { type Held, machinePoints } from '../backups/machine/machine-points.ts';
import { restorableOf } from '../backups/restorable.ts';
import { createRepository, type Repository } from '../backups/restic/repository.ts';
import { counting } from '../backups/sources/paramedic/own-counts.ts';
import { type OwnFile, ownParts } from '../backups/sources/paramedic/own-text.ts';
import { ownFile } from '../backups/sources/paramedic/paramedic.ts';
import type { Clock } from '../domain/clock.ts';
import { messageOf, UserError } from '../domain/errors.ts';
import { isExpired } from '../domain/own-state.ts';
import { realClock } from '../domain/real-clock.ts';
import type { OwnPlace } from '../store/own-place.ts';
import { mustBeEmpty, mustBeFree, withEmbedded, withPlace, writeFiles } from './own-places.ts';
import { type Begun, type Kept, mustTakeKeys, putBack } from './put-back-own.ts';
import { mustBeMeant } from './restore.ts';
import { interruptedCode } from './follow-run.ts';
import { placeOf, readText, type RestoreAllArgs, timeOf } from './restore-all.ts';
import { endText, type Found, type OwnHeld, planText } from './restore-own-text.ts';

export interface RestoreOwnArgs extends Omit<
  RestoreAllArgs,
  'docker' | 'engine' | 'into-existing' | 'env' | 'progress'
> {
  readonly redis?: string | undefined;
  /** With the URL in it: what is on a command line everybody on the machine can read. */
  readonly 'redis-file'?: string | undefined;
  readonly 'data-dir'?: string | undefined;
  readonly 'config-to'?: string | undefined;
  readonly source?: string | undefined;
  readonly 'no-pause'?: boolean | undefined;
}

const usage = `usage: paramedic restore --own --from LOCATION --password-file FILE
         [--redis URL | --redis-file FILE | --data-dir DIR] [--config-to DIR] [--env-file FILE] [--source NAME] [--at TIME] [--no-pause] [--dry-run] [--yes] [--json]
  at least one of --redis (a Redis of yours), --redis-file (a file with its URL, which may hold a password), --data-dir (the Redis that Paramedic keeps there itself), --config-to (files)`;

/**
 * `paramedic restore --own`: puts back what Paramedic knew and was told, where none runs: first the files, then the keys. 0: all
 * of it is there; 1: it is not; 2: nothing was done; 130: it was broken off. Throws UserError.
 */
export async function restoreOwn(args: RestoreOwnArgs, clock: Clock = realClock): Promise<number> {
  const { 'data-dir': dataDir, 'config-to': configTo, json, out } = args;
  const url = await redisOf(args);
  if ((url === undefined) === (dataDir === undefined) && (url !== undefined || configTo === undefined))
    throw new UserError(usage);
  const place = await placeOf(args, usage);
  const at = args.at === undefined ? undefined : timeOf(args.at);
  const cacheDir = await mkdtemp(join(tmpdir(), 'paramedic-restore-'));
  const signal = args.interrupted?.() ?? new AbortController().signal;
  const begun: Begun = {};
  try {
    const repository = createRepository(place, { cacheDir, asksForLocks: false });
    const now = clock.now();
    const held = await heldOf(repository, args.source, { at, now }, signal);
    const read = () => readOf(held, repository, signal);
    const found = await lookThrough(await read(), now);
    const tell = json ? () => undefined : out;
    for (const line of planText(held, found, { ...args, redis: url, location: place.location, now })) tell(line);
    if (configTo !== undefined) await mustBeEmpty(configTo, 'give a folder that is empty, or not there yet');
    if (dataDir !== undefined) await mustBeFree(dataDir);
    if (url !== undefined) {
      const half = await withPlace(url, mustTakeKeys);
      if (half > 0) tell(`  ${half} keys are there that a restore has left half-way: they are taken away first`);
    }
    if (args['dry-run'] === true) {
      if (json) out(JSON.stringify(asJson(held, found), undefined, 2));
      return 0;
    }
    await mustBeMeant('paramedic', args);
    signal.throwIfAborted();
    let kept: Kept | undefined;
    try {
      if (configTo !== undefined) {
        begun.what = `files may be in ${configTo}, and another try takes another folder`;
        await writeFiles(found.files, configTo);
      }
      const back = (there: OwnPlace) =>
        putBack(there, { read, point: held.point, readAt: found.at, now, isPaused: args['no-pause'] !== true }, begun);
      if (url !== undefined) kept = await withPlace(url, back);
      if (dataDir !== undefined) kept = await withEmbedded(dataDir, tell, back);
    } catch (error) {
      if (begun.what === undefined) throw error;
      const failed = `${messageOf(error)}; ${begun.what}`;
      out(
        json ? JSON.stringify({ ...asJson(held, found), failed, isAll: false }, undefined, 2) : `NOT DONE: ${failed}`,
      );
      return signal.aborted ? interruptedCode : 1;
    }
    const isAll = kept === undefined || kept.there === (found.counts['keys'] ?? 0) - found.expired;
    if (json) out(JSON.stringify({ ...asJson(held, found), ...kept, isAll }, undefined, 2));
    for (const line of endText(kept, isAll, args)) tell(line);
    return isAll ? 0 : 1;
  } catch (error) {
    if (!signal.aborted || begun.what !== undefined) throw error;
    args.note?.('broken off: nothing was done; run it again when it is meant');
    return interruptedCode;
  } finally {
    await rm(cacheDir, { recursive: true, force: true });
  }
}

/** Throws UserError, which does not say what it was: there may be a password in it. */
async function redisOf({ redis, 'redis-file': file }: RestoreOwnArgs): Promise<string | undefined> {
  if (redis !== undefined && file !== undefined) throw new UserError(usage);
  const said = file === undefined ? redis : (await readText(file)).trim();
  const isUrl = said !== undefined && URL.canParse(said) && /^rediss?:$/.test(new URL(said).protocol);
  if (said === undefined || said.startsWith('/') || isUrl) return said;
  throw new UserError(`${file ?? '--redis'} is no redis:// URL, nor the path of a socket`);
}

const asJson = ({ point, others, passedOver }: OwnHeld, { version, files, counts, expired }: Found): object => ({
  point: { source: point.source, snapshot: point.snapshot, at: point.at, identity: point.identity },
  others,
  passedOver,
  version,
  files: files.map(({ path }) => path),
  counts,
  expired,
});

/** The newest recovery point of what a Paramedic knew, whichever one's. Throws UserError. */
async function heldOf(
  repository: Repository,
  source: string | undefined,
  { at, now }: { readonly at: number | undefined; readonly now: number },
  signal: AbortSignal,
): Promise<OwnHeld> {
  const { held, without, all } = await machinePoints(repository, { at, now, file: ownFile }, signal).catch(
    (error: unknown) => {
      throw new UserError(`nothing was done: ${messageOf(error)}`);
    },
  );
  const names = held.map(({ point }) => point.source);
  const meant = held.filter(({ point }) => source === undefined || point.source === source);
  const [one, another] = meant;
  if (one === undefined)
    throw new UserError(
      `there is nothing to bring back of ${source ?? 'what a Paramedic knew'} in ${repository.place.location}: ${[...without, ...names.map((name) => `there is ${name}`)].join('; ') || 'no source of that kind has a snapshot in it'}`,
    );
  if (another !== undefined)
    throw new UserError(`several Paramedics are in it, ${names.join(', ')}: say which, with --source ${names[0]}`);
  return { ...one, others: othersThan(one.point, all, now) };
}

const readOf = ({ point, snapshot }: Held, repository: Repository, signal: AbortSignal) =>
  restorableOf({ snapshot, point, file: ownFile }, repository, signal, () => undefined).read();

/** Reads all of it before anything is touched. Throws UserError. */
async function lookThrough(content: AsyncIterable<Buffer>, now: number): Promise<Found> {
  const counted = counting();
  const files: OwnFile[] = [];
  let [version, at, expired] = ['', now, 0];
  try {
    for await (const part of ownParts(content)) {
      if ('about' in part) ({ version, at } = part.about);
      else if ('file' in part) {
        counted.file(part.file);
        files.push(part.file);
      } else {
        counted.key(part.key.name);
        if (isExpired(part.key, now)) expired += 1;
      }
    }
  } catch (error) {
    throw new UserError(`nothing was done: what is in the repository can not be read: ${messageOf(error)}`);
  }
  return { version, at, files, counts: counted.counts(), expired };
}
