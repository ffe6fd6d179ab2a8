import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, UserError } from '../domain/errors.ts';
import { askRedis } from './ask-redis.ts';

const LISTEN_WITHIN_MS = 30_000;
const LAST_LINES = 5;
const TERM_WITHIN_MS = 10_000;

/** A redis-server that answers. */
export interface RedisProcess {
  readonly pid: number;
  /** Resolves when it has ended, with a phrase: `was killed by SIGKILL`. */
  readonly ended: Promise<string>;
  /** TERM: it writes its data to the disk; KILL when it has not ended after 10 s. Resolves when it has ended. */
  terminate(): Promise<void>;
}

export interface RedisPlace {
  /** Of its files; has to exist. */
  readonly dir: string;
  readonly socket: string;
  /** Told as soon as the process exists, before it answers. */
  readonly onPid: (pid: number) => Promise<void>;
}

/** The words of its command line: only our socket, every write in the append-only file, nothing ever evicted. */
const settings = ({ dir, socket }: RedisPlace): string[] =>
  Object.entries({
    port: '0',
    unixsocket: socket,
    unixsocketperm: '700',
    dir,
    appendonly: 'yes',
    appendfsync: 'everysec',
    save: '',
    'maxmemory-policy': 'noeviction',
  }).flatMap(([key, value]) => [`--${key}`, value]);

export const hasRedisServer = async (): Promise<boolean> =>
  (await exitCodeOf('redis-server', ['--version'])) !== undefined;

/** Throws UserError, with the command that installs it, when there is no redis-server on PATH. */
export async function needRedisServer(): Promise<void> {
  if (await hasRedisServer()) return;
  const install = 'install it (`apt-get install redis-server`, `apk add redis`, `dnf install redis`)';
  throw new UserError(`There is no redis-server on PATH: ${install}, or set redis.url to a Redis of your own.`);
}

/** Starts redis-server and resolves once it answers. Throws UserError with its last words when it does not. */
export async function startRedisProcess(place: RedisPlace, signal: AbortSignal): Promise<RedisProcess> {
  await needRedisServer();
  const [command = '', ...args] = [...(await diesWithUs()), 'redis-server', ...settings(place)];
  // A session of its own: Ctrl-C at a terminal is for us alone, who end it after the last write.
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const redis = await runningOf(child);
  try {
    await place.onPid(redis.pid);
    await answering(redis, place.socket, signal);
    return redis;
  } catch (error) {
    await redis.terminate();
    throw error;
  }
}

async function runningOf(child: ChildProcessByStdio<null, Readable, Readable>): Promise<RedisProcess> {
  const last: string[] = [];
  for (const input of [child.stdout, child.stderr])
    createInterface({ input }).on('line', (line) => {
      last.push(line);
      if (last.length > LAST_LINES) last.shift();
    });
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      if (signal !== null) return resolve(`was killed by ${signal}`);
      // What it said last can come after its end.
      setImmediate(() => resolve(`exited with code ${code} (its last words: ${wordsOf(last)})`));
    });
  });
  await once(child, 'spawn').catch((error: unknown) => {
    throw new UserError(`redis-server can not be started: ${messageOf(error)}`, { cause: error });
  });
  return {
    pid: child.pid ?? 0,
    ended,
    async terminate() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), TERM_WITHIN_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** A server that still loads its files is waited for as long as it takes. */
async function answering(redis: RedisProcess, socket: string, signal: AbortSignal): Promise<void> {
  let end: string | undefined;
  void redis.ended.then((how) => (end = how));
  for (let deadline = Date.now() + LISTEN_WITHIN_MS; ; await sleep(20)) {
    signal.throwIfAborted();
    const problem = await askRedis(socket, 'PING', [], 2_000).then(() => undefined, messageOf);
    if (problem === undefined) return;
    if (end !== undefined) throw new UserError(`redis-server ${end} while it started`);
    if (problem.startsWith('LOADING')) deadline = Date.now() + LISTEN_WITHIN_MS;
    if (Date.now() > deadline) throw new UserError(`redis-server does not answer on ${socket}: ${problem}`);
  }
}

/** Without its own prefix of pid, time and level. */
const wordsOf = (lines: readonly string[]): string =>
  lines.map((line) => line.replace(/^\d+:\w \d+ \w+ \d+ [\d:.]+ . /, '').trim()).join(' | ') || 'none';

/** With it the kernel ends the child when we are killed. Not every system has it: then the next start ends the orphan. */
async function diesWithUs(): Promise<string[]> {
  const wrapper = ['--pdeathsig', 'TERM'];
  return (await exitCodeOf('setpriv', [...wrapper, 'true'])) === 0 ? ['setpriv', ...wrapper] : [];
}

/** Undefined: it could not be started; -1: a signal ended it. */
async function exitCodeOf(program: string, args: readonly string[]): Promise<number | undefined> {
  const child = spawn(program, args, { stdio: 'ignore' });
  return new Promise((resolve) => {
    child.once('error', () => resolve(undefined));
    child.once('exit', (code) => resolve(code ?? -1));
  });
}
