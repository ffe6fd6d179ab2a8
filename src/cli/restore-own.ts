import { chmod, chown, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type Held, machinePoints } from '../backups/machine/machine-points.ts';
import { restorableOf } from '../backups/restorable.ts';
import { createRepository, type Repository } from '../backups/restic/repository.ts';
import { counting } from '../backups/sources/paramedic/own-counts.ts';
import { type OwnFile, ownParts } from '../backups/sources/paramedic/own-text.ts';
import { ownFile } from '../backups/sources/paramedic/paramedic.ts';
import type { Clock } from '../domain/clock.ts';
import { formatAge } from '../domain/duration.ts';
import { messageOf, UserError } from '../domain/errors.ts';
import { isExpired, type OwnKey } from '../domain/own-state.ts';
import { realClock } from '../domain/real-clock.ts';
import { oneLine } from '../http/visible.ts';
import { startEmbeddedRedis } from '../store/embedded-redis.ts';
import { type OwnPlace, openOwnPlace } from '../store/own-place.ts';
import { countedText } from './follow-run.ts';
import { mustBeMeant } from './restore.ts';
import { placeOf, type RestoreAllArgs, timeOf } from './restore-all.ts';

export interface RestoreOwnArgs extends Omit<
  RestoreAllArgs,
  'docker' | 'engine' | 'into-existing' | 'env' | 'progress'
> {
  readonly redis?: string | undefined;
  readonly 'data-dir'?: string | undefined;
  readonly 'config-to'?: string | undefined;
  readonly source?: string | undefined;
}

const usage = `usage: paramedic restore --own --from LOCATION --password-file FILE
         [--redis URL | --data-dir DIR] [--config-to DIR] [--env-file FILE] [--source NAME] [--at TIME] [--dry-run] [--yes] [--json]
  at least one of --redis (a Redis of yours), --data-dir (the Redis that Paramedic keeps there itself), --config-to (files)`;

/** What is in a recovery point: `files` whole, and of the keys what they are. */
interface Found {
  readonly version: string;
  readonly files: readonly OwnFile[];
  readonly counts: Readonly<Record<string, number>>;
  /** Keys that have expired since. */
  readonly expired: number;
}

/**
 * `paramedic restore --own`: puts back what Paramedic knew and was told, where none runs. 0: all of it is there; 1: it is not;
 * 2: nothing was done. Throws UserError.
 */
export async function restoreOwn(args: RestoreOwnArgs, clock: Clock = realClock): Promise<number> {
  const { redis: url, 'data-dir': dataDir, 'config-to': configTo, json, out } = args;
  if ((url === undefined) === (dataDir === undefined) && (url !== undefined || configTo === undefined))
    throw new UserError(usage);
  const place = await placeOf(args, usage);
  const at = args.at === undefined ? undefined : timeOf(args.at);
  const cacheDir = await mkdtemp(join(tmpdir(), 'paramedic-restore-'));
  const { signal } = new AbortController();
  try {
    const repository = createRepository(place, { cacheDir });
    const held = await heldOf(repository, args.source, at, signal);
    const read = () => readOf(held, repository, signal);
    const now = clock.now();
    const found = await lookThrough(await read(), now);
    const tell = json ? () => undefined : out;
    for (const line of planText(held, found, { ...args, location: place.location, now })) tell(line);
    if (configTo !== undefined) await mustBeEmpty(configTo, 'give a folder that is empty, or not there yet');
    if (dataDir !== undefined)
      await mustBeEmpty(join(dataDir, 'redis'), 'a Paramedic has a store there: give another data directory');
    if (url !== undefined) await withPlace(url, async (there) => mustHaveNone(await there.names()));
    if (args['dry-run'] === true) {
      if (json) out(JSON.stringify(asJson(held, found), undefined, 2));
      return 0;
    }
    await mustBeMeant('paramedic', args);
    const back = (there: OwnPlace) => putBack(there, read, held, now);
    const kept =
      url !== undefined
        ? await withPlace(url, back)
        : dataDir === undefined
          ? undefined
          : await withEmbedded(dataDir, tell, back);
    if (configTo !== undefined) await writeFiles(found.files, configTo);
    const isAll = kept === undefined || kept.there === (found.counts['keys'] ?? 0) - found.expired;
    if (json) out(JSON.stringify({ ...asJson(held, found), ...kept, isAll }, undefined, 2));
    for (const line of endText(kept, isAll, configTo)) tell(line);
    return isAll ? 0 : 1;
  } finally {
    await rm(cacheDir, { recursive: true, force: true });
  }
}

const asJson = ({ point }: Held, { version, files, counts, expired }: Found): object => ({
  point: { source: point.source, snapshot: point.snapshot, at: point.at },
  version,
  files: files.map(({ path }) => path),
  counts,
  expired,
});

/** The newest recovery point of what a Paramedic knew. Throws UserError. */
async function heldOf(
  repository: Repository,
  source: string | undefined,
  at: number | undefined,
  signal: AbortSignal,
): Promise<Held> {
  const { held, without } = await machinePoints(repository, at, signal, ownFile).catch((error: unknown) => {
    throw new UserError(`nothing was done: ${messageOf(error)}`);
  });
  const names = held.map(({ point }) => point.source);
  const meant = held.filter(({ point }) => source === undefined || point.source === source);
  const [one, another] = meant;
  if (one === undefined)
    throw new UserError(
      `there is nothing to bring back of ${source ?? 'what a Paramedic knew'} in ${repository.place.location}: ${[...without, ...names.map((name) => `there is ${name}`)].join('; ') || 'no source of that kind has a snapshot in it'}`,
    );
  if (another !== undefined)
    throw new UserError(`several Paramedics are in it, ${names.join(', ')}: say which, with --source ${names[0]}`);
  return one;
}

const readOf = ({ point, snapshot }: Held, repository: Repository, signal: AbortSignal) =>
  restorableOf({ snapshot, point, file: ownFile }, repository, signal, () => undefined).read();

/** Reads all of it before anything is touched. Throws UserError. */
async function lookThrough(content: AsyncIterable<Buffer>, now: number): Promise<Found> {
  const counted = counting();
  const files: OwnFile[] = [];
  let [version, expired] = ['', 0];
  try {
    for await (const part of ownParts(content)) {
      if ('about' in part) version = part.about.version;
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
  return { version, files, counts: counted.counts(), expired };
}

function planText(
  { point }: Held,
  { version, files, counts, expired }: Found,
  {
    redis,
    'data-dir': dataDir,
    'config-to': configTo,
    location,
    now,
  }: RestoreOwnArgs & { location: string; now: number },
): readonly string[] {
  const { keys, files: _files, ...kinds } = counts;
  const to =
    redis !== undefined
      ? `the Redis at ${placeText(redis)}`
      : dataDir && `the Redis of a Paramedic with data_dir ${dataDir}`;
  return [
    `what ${oneLine(point.source)} (Paramedic ${oneLine(version)}) knew and was told is to be brought back out of ${location}:`,
    `  recovery point ${point.snapshot.slice(0, 8)} of ${formatAge(now - point.at)} ago (${new Date(point.at).toISOString()})`,
    ...(to === undefined
      ? []
      : [
          `  ${keys} keys${countedText(kinds)} to ${to}; expired since, and left out: ${expired}`,
          '  what was under way then is ended, and nothing of it is gone on with; jobs and deliveries that waited are not in it',
        ]),
    ...(configTo === undefined
      ? []
      : [`  ${files.length} files to ${configTo}:`, ...files.map(({ path }) => `    ${oneLine(path)}`)]),
  ];
}

/** Without the password that may be in it. */
function placeText(address: string): string {
  if (!URL.canParse(address)) return address;
  const { protocol, host, pathname } = new URL(address);
  return `${protocol}//${host}${pathname}`;
}

interface Kept {
  /** Keys that were found there when all were written. */
  readonly there: number;
  readonly expired: number;
  /** What was under way: a sentence each. */
  readonly ended: readonly string[];
}

function endText(kept: Kept | undefined, isAll: boolean, configTo: string | undefined): readonly string[] {
  return [
    ...(kept === undefined
      ? []
      : [
          `${isAll ? 'all there' : 'NOT ALL THERE'}: ${kept.there} keys; ${kept.expired} had expired`,
          ...(kept.ended.length > 0
            ? ['this was under way then, and is ended now:', ...kept.ended.map((one) => `  ${oneLine(one)}`)]
            : []),
        ]),
    ...(configTo === undefined
      ? []
      : [`the files are in ${configTo}, by their own paths: look at them, and put them in place`]),
  ];
}

async function putBack(
  there: OwnPlace,
  read: () => Promise<AsyncIterable<Buffer>>,
  { point }: Held,
  now: number,
): Promise<Kept> {
  mustHaveNone(await there.names());
  const { expired } = await there.write(keysIn(await read()), now).catch((error: unknown) => {
    const why = messageOf(error);
    // Redis packs keys for its own version and newer ones.
    const older = /version or checksum/.test(why) ? '; is this Redis older than the one that it comes from?' : '';
    throw new UserError(`a key could not be written: ${why}${older}`);
  });
  const names = await there.names();
  return { there: names.length, expired, ended: await there.endWhatRan(point, now) };
}

async function* keysIn(content: AsyncIterable<Buffer>): AsyncGenerator<OwnKey> {
  for await (const part of ownParts(content)) if ('key' in part) yield part.key;
}

function mustHaveNone(names: readonly string[]): void {
  if (names.length > 0)
    throw new UserError(
      `nothing was done: there are ${names.length} keys of a Paramedic in this Redis already (paramedic:${names[0]} …); what is there would be mixed with what comes back`,
    );
}

async function withPlace<Result>(address: string, use: (there: OwnPlace) => Promise<Result>): Promise<Result> {
  const there = await openOwnPlace(address);
  try {
    return await use(there);
  } finally {
    there.close();
  }
}

/** The Redis that a Paramedic with this data directory starts itself, which must not run meanwhile. */
async function withEmbedded<Result>(
  dataDir: string,
  tell: (line: string) => void,
  use: (there: OwnPlace) => Promise<Result>,
): Promise<Result> {
  const redis = await startEmbeddedRedis(resolve(dataDir), { log: { info: () => undefined, warn: tell, error: tell } });
  try {
    return await withPlace(redis.socket, use);
  } finally {
    await redis.stop();
  }
}

async function mustBeEmpty(folder: string, how: string): Promise<void> {
  const found = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw new UserError(`nothing was done: ${folder} can not be read: ${messageOf(error)}`);
  });
  if (found.length > 0) throw new UserError(`nothing was done: ${folder} is not empty: ${how}`);
}

/** Below a folder, each by its own path. They hold secrets: nobody else may read them while they are written. */
async function writeFiles(files: readonly OwnFile[], folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const { path, mode, uid, gid, content } of files) {
    const to = join(folder, path);
    await mkdir(dirname(to), { recursive: true, mode: 0o700 });
    await writeFile(to, content, { mode: 0o600, flag: 'wx' });
    if (process.getuid?.() === 0) await chown(to, uid, gid);
    await chmod(to, mode);
  }
}
