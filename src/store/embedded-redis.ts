import { chmod, mkdir, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, UserError } from '../domain/errors.ts';
import { type DataDirLock, lockDataDir } from './data-dir-lock.ts';
import { endOrphan } from './end-orphan.ts';
import { needRedisServer, startRedisProcess, type RedisProcess } from './redis-process.ts';
import { redisSocketIn, removeRedisSocket } from './redis-socket.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
/** One that ran as long was well: the next pause is the first again. */
const WELL_AFTER_MS = 60_000;

export interface EmbeddedRedis {
  /** The unix socket it listens on: the same for as long as we run. */
  readonly socket: string;
  /** Ends it, its data on the disk, and gives the data directory free. May be called twice. */
  stop(): Promise<void>;
  /** Resolves when it has ended for good, which only `stop` brings about: one that dies is started again. */
  readonly exited: Promise<void>;
}

/** What of a log it needs; every message is a sentence. */
export interface EmbeddedRedisLog {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/**
 * Our own redis-server: files in `dataDir/redis`, nothing but a unix socket, all writes in an append-only file that is
 * flushed every second. Throws UserError when there is no redis-server, when it does not start, and when another
 * process has the data directory.
 */
export async function startEmbeddedRedis(
  dataDir: string,
  { log }: { readonly log: EmbeddedRedisLog },
): Promise<EmbeddedRedis> {
  await needRedisServer();
  const { lock, dir } = await takeOver(resolve(dataDir), log);
  const stopping = new AbortController();
  let socket: string | undefined;
  let redis: RedisProcess;
  let start: () => Promise<RedisProcess>;
  const leave = async (): Promise<void> => {
    if (socket !== undefined) await removeRedisSocket(socket);
    await lock.release();
  };
  try {
    const { path, elsewhere } = await redisSocketIn(dir);
    socket = path;
    if (elsewhere) log.info(`the path of the data directory is too long for a unix socket: Redis listens on ${path}`);
    const onPid = (pid: number): Promise<void> => lock.note({ pid, socket: path });
    start = () => startRedisProcess({ dir, socket: path, onPid }, stopping.signal);
    redis = await start();
  } catch (error) {
    await leave();
    throw error;
  }
  log.info(`our own redis-server (pid ${redis.pid}) answers on ${socket}`);

  const watch = async (): Promise<void> => {
    await watchOver(redis, start, stopping.signal, log, (next) => (redis = next));
    await leave();
  };
  const exited = watch();
  return {
    socket,
    exited,
    async stop() {
      stopping.abort();
      await redis.terminate();
      await exited;
    },
  };
}

/** Locks the data directory and ends what a killed holder left running in it. */
async function takeOver(dataDir: string, log: EmbeddedRedisLog): Promise<{ lock: DataDirLock; dir: string }> {
  const lock = await lockDataDir(dataDir);
  try {
    const dir = await filesDir(join(dataDir, 'redis'));
    if (lock.previous !== undefined) {
      const ended = await endOrphan(lock.previous, dir);
      if (ended !== undefined) log.warn(ended);
      if (lock.previous.socket !== undefined) await removeRedisSocket(lock.previous.socket);
    }
    return { lock, dir };
  } catch (error) {
    await lock.abandon();
    throw error;
  }
}

/** Made when absent, ours alone, with links resolved: as the server itself will call it. */
async function filesDir(dir: string): Promise<string> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await chmod(dir, 0o700);
    return await realpath(dir);
  } catch (error) {
    const what = `Redis can not keep its files in ${dir}: ${messageOf(error)}`;
    throw new UserError(`${what}; let the user that runs paramedic own it.`, { cause: error });
  }
}

/** Starts it again, for ever, whenever it has ended without being told to. */
async function watchOver(
  first: RedisProcess,
  start: () => Promise<RedisProcess>,
  stopping: AbortSignal,
  log: EmbeddedRedisLog,
  onNext: (redis: RedisProcess) => void,
): Promise<void> {
  let redis = first;
  let pauseMs = FIRST_PAUSE_MS;
  let what = `our own redis-server (pid ${first.pid})`;
  for (;;) {
    const startedAt = Date.now();
    let how = await redis.ended;
    if (Date.now() - startedAt > WELL_AFTER_MS) pauseMs = FIRST_PAUSE_MS;
    for (let next: RedisProcess | undefined; next === undefined; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      if (stopping.aborted) return;
      log.error(
        `${what} ${how}: starting it again in ${pauseMs / 1000} s; until then nothing can be taken or remembered`,
      );
      await sleep(pauseMs, undefined, { signal: stopping }).catch(() => undefined);
      if (stopping.aborted) return;
      next = await start().catch((error: unknown) => {
        what = 'our own redis-server';
        how = `did not come back: ${messageOf(error)}`;
        return undefined;
      });
      if (next === undefined) continue;
      // Stopped in the moment it came back.
      if (stopping.aborted) return next.terminate();
      redis = next;
      onNext(next);
      what = `our own redis-server (pid ${next.pid})`;
      log.warn(`${what} answers again on the same socket`);
    }
  }
}
