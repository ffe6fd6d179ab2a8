import { readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../domain/errors.ts';
import { askRedis } from './ask-redis.ts';
import type { Holder } from './data-dir-lock.ts';

const ANSWER_WITHIN_MS = 2_000;
const END_WITHIN_MS = 10_000;

/**
 * Ends the redis-server that a killed Paramedic left behind; it writes its data to the disk first. Resolves with a
 * sentence when there was one. `dir` is where it keeps its files, with links resolved. Throws UserError when what
 * answers on its socket is another server, or when it does not end.
 */
export async function endOrphan({ socket, redisPid }: Holder, dir: string): Promise<string | undefined> {
  const answered = socket === undefined ? undefined : await dirOf(socket);
  if (answered !== undefined && answered !== dir)
    throw new UserError(`Another redis-server (files in ${answered}) answers on ${socket}: end it, or set data_dir.`);
  const ours = redisPid !== undefined && (await worksIn(redisPid, dir));
  if (answered === undefined && !ours) return undefined;

  // Through its socket, so that it is the right one wherever it runs.
  if (socket !== undefined && answered !== undefined)
    await askRedis(socket, 'SHUTDOWN', ['NOSAVE'], END_WITHIN_MS).catch(() => undefined);
  const gone = async (): Promise<boolean> => {
    const runs = redisPid !== undefined && (await worksIn(redisPid, dir));
    return !runs && (socket === undefined || (await dirOf(socket)) === undefined);
  };
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (ours && (await worksIn(redisPid, dir))) {
      send(redisPid, signal);
      // A stopped process takes no TERM before it is continued.
      send(redisPid, 'SIGCONT');
    }
    for (const deadline = Date.now() + END_WITHIN_MS; Date.now() < deadline; await sleep(20))
      if (await gone()) return `ended the redis-server (pid ${redisPid}) that a killed Paramedic had left behind`;
  }
  throw new UserError(
    `The redis-server (pid ${redisPid}) of a killed Paramedic in ${dir} does not end: end it by hand.`,
  );
}

/** Where the server on a socket keeps its files; undefined when nobody answers. */
async function dirOf(socket: string): Promise<string | undefined> {
  try {
    const answer = await askRedis(socket, 'CONFIG', ['GET', 'dir'], ANSWER_WITHIN_MS);
    return Array.isArray(answer) ? String(answer[1]) : undefined;
  } catch {
    return undefined;
  }
}

/** A pid may have been given to another process since: redis-server works in its directory, and nothing else does. */
const worksIn = (pid: number, dir: string): Promise<boolean> =>
  readlink(`/proc/${pid}/cwd`).then(
    (cwd) => cwd === dir,
    () => false,
  );

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}
