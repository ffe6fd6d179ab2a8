import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { createRepository, type Repository } from '../../src/backups/restic/repository.ts';
import type { ResticOptions } from '../../src/backups/restic/restic-environment.ts';
import type { Measured, Produced, RepositoryPlace } from '../../src/domain/backup.ts';
import { no, type Verdict, yes } from '../../src/domain/verdict.ts';
import { cheapRepository } from './cheap-repository.ts';

export const secret = (value: string) => ({ reveal: () => value });
export const password = 'correct horse "battery" $staple';

/** Real repositories of restic in a temporary directory, which `remove` takes away. */
export interface ResticScene {
  readonly dir: string;
  /** A directory in which nothing is. */
  place(name: string, changes?: Partial<RepositoryPlace>): RepositoryPlace;
  /** One that was made already, which takes no time. */
  made(name: string): Promise<RepositoryPlace>;
  open(place: RepositoryPlace, options?: Partial<ResticOptions>): Repository;
  remove(): Promise<void>;
}

export async function resticScene(): Promise<ResticScene> {
  const dir = await mkdtemp(join(tmpdir(), 'paramedic-restic-'));
  const place = (name: string, changes: Partial<RepositoryPlace> = {}): RepositoryPlace => ({
    name,
    location: join(dir, name),
    password: secret(password),
    env: {},
    ...changes,
  });
  const open = (of: RepositoryPlace, options: Partial<ResticOptions> = {}): Repository =>
    createRepository(of, { cacheDir: join(dir, 'cache'), graceMs: 2_000, ...options });
  await mkdir(join(dir, 'cache'));
  return {
    dir,
    place,
    open,
    async made(name) {
      await cheapRepository(join(dir, name), password);
      return place(name);
    },
    remove: () => rm(dir, { recursive: true, force: true, maxRetries: 3 }),
  };
}

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
export const megabytes = (count: number): Buffer => randomBytes(count * 1024 * 1024);

/** What a test makes of a stream, and whether it was ended. */
export interface TestProduced extends Produced {
  stopped(): number;
  seen(): { readonly measured: Measured; readonly tail: Buffer } | undefined;
}

export function produced(stream: Readable, whole: Verdict = yes('it ended with exit code 0')): TestProduced {
  let stopped = 0;
  let seen: { measured: Measured; tail: Buffer } | undefined;
  return {
    file: 'orders.sql',
    stream,
    stop: () => {
      stopped += 1;
    },
    whole: async (measured, tail) => {
      seen = { measured, tail };
      return whole;
    },
    stopped: () => stopped,
    seen: () => seen,
  };
}

export const notWhole = no('it ended with exit code 1: connection lost');

const piece = 64 * 1024;

/** These bytes, in pieces; `breakAt` of them are followed by an error. */
export function inPieces(bytes: Buffer, breakAt = Infinity): Readable {
  return Readable.from(
    (function* pieces() {
      for (let at = 0; at < bytes.byteLength; at += piece) {
        if (at + piece > breakAt) {
          yield bytes.subarray(at, breakAt);
          throw new Error('the connection was reset');
        }
        yield bytes.subarray(at, at + piece);
      }
    })(),
    { objectMode: false },
  );
}

/** A stream that never ends by itself. */
export interface Endless {
  readonly stream: PassThrough;
  /** How many bytes are still in it. */
  left(): number;
}

export function endless(first: Buffer): Endless {
  const stream = new PassThrough();
  for (let at = 0; at < first.byteLength; at += piece) stream.write(first.subarray(at, at + piece));
  return { stream, left: () => stream.readableLength + stream.writableLength };
}

/** The restics that work on a repository, by their pids. */
export async function resticsAt({ location }: RepositoryPlace): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const [environment, command] = await Promise.all(
      ['environ', 'comm'].map((file) => readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '')),
    );
    if (command?.trim() === 'restic' && environment?.split('\0').includes(`RESTIC_REPOSITORY=${location}`))
      found.push(Number(name));
  }
  return found;
}
