import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clients } from '../../../domain/clients.ts';
import { ActionError, messageOf } from '../../../domain/errors.ts';
import { type Verdict, yes } from '../../../domain/verdict.ts';
import { alike } from '../../container-like.ts';
import { removeLeft } from '../../drill-container.ts';
import type { Restorable } from '../../source-kind.ts';
import { type RdbServer, rdbServer } from './rdb-server.ts';
import { fieldOf, type RedisPlace, redisTarget, type RedisTarget } from './redis-target.ts';
import { fitRedis, mendRedis, ourAddress } from './replication.ts';

/**
 * Puts an RDB in the place of what a running Redis holds, without a restart, with an AOF or without one: beside it, in its
 * own network, another one serves the RDB, and the target follows that one until it has all of it. Until then it has what it
 * had, and takes no writes. Throws ActionError.
 */
export async function bringBackRedis(
  content: Restorable,
  place: RedisPlace,
  clients: Clients,
  signal: AbortSignal,
): Promise<Verdict> {
  await mendRedis(place, clients, signal);
  const target = await redisTarget(place, clients, signal);
  // Also where it is refused now: nobody else would take it away for days.
  await removeLeft(target.docker, target.drill, signal);
  const isFit = await fitRedis(place, clients, signal);
  if (!isFit.ok) return isFit;

  const server = await serving(target, content, signal);
  try {
    // It took its time to load: somebody may have given it a replica meanwhile.
    const still = await fitRedis(place, clients, signal);
    return still.ok ? await followed(target, server, signal) : still;
  } finally {
    await server.container.remove();
  }
}

/** How often a port is tried: what the target's network has on it we do not know before. */
const tries = 3;

async function serving(
  { docker, container, drill, setting }: RedisTarget,
  content: Restorable,
  signal: AbortSignal,
): Promise<RdbServer & { readonly port: number }> {
  const like = alike((await docker.describe(container.id, signal)) ?? {});
  // What it says to whom it follows. Where it may not be asked, it has none: else that it can not follow is told later.
  const [password, user] = [await setting('masterauth'), await setting('masteruser')];
  for (let left = tries - 1; ; left -= 1) {
    const port = randomInt(10_000, 30_000);
    const login = { ...(password !== undefined && { password }), ...(user !== undefined && { user }) };
    const options = { drill, network: `container:${container.id}`, address: ourAddress, port, ...login };
    const server = await rdbServer(docker, like, options, signal);
    try {
      await server.serve(content, signal);
      return { ...server, port };
    } catch (error) {
      if (left === 0 || !/already in use/i.test(messageOf(error))) throw error;
    }
  }
}

const [askEveryMs, patienceMs] = [200, 60_000];

/** Has the target follow the server until it has what that one has, and then no longer, whatever comes of it. */
async function followed(
  target: RedisTarget,
  server: RdbServer & { readonly port: number },
  signal: AbortSignal,
): Promise<Verdict> {
  const { container, say } = target;
  try {
    await say('REPLICAOF', ourAddress, String(server.port));
    const keys = await untilSame(target, server, signal);
    await say('REPLICAOF', 'NO', 'ONE');
    return yes(`the Redis in ${container.name} has its ${keys} keys`);
  } catch (error) {
    // As long as it follows somebody it takes no writes.
    await target.lastly('REPLICAOF', 'NO', 'ONE').catch((failure: unknown) => {
      throw new ActionError(
        `${messageOf(error)}; and it could not be told to follow nobody (${messageOf(failure)}): type redis-cli REPLICAOF NO ONE in ${container.name}`,
        'server-error',
        false,
        error,
      );
    });
    throw error;
  }
}

/** Waits until both have as many keys in each database; how many those are. Throws ActionError. */
async function untilSame({ container, say }: RedisTarget, server: RdbServer, signal: AbortSignal): Promise<number> {
  let [moved, done] = [Date.now(), ''];
  for (;;) {
    const info = await say('INFO', 'replication');
    const [link, progress] = [fieldOf(info, 'master_link_status'), fieldOf(info, 'master_sync_read_bytes') ?? ''];
    const inProgress = fieldOf(info, 'master_sync_in_progress') === '1';
    const [here, there] = [
      keysIn(await say('INFO', 'keyspace')),
      keysIn((await server.cli(['INFO', 'keyspace'], signal)).stdout),
    ];
    if (link === 'up' && !inProgress && here.by === there.by) return there.all;
    const state = `${link} ${inProgress} ${progress} ${here.by}`;
    if (state !== done) [moved, done] = [Date.now(), state];
    if (Date.now() - moved > patienceMs)
      throw new ActionError(
        `the Redis in ${container.name} does not follow the one that has what is to be brought back: its link is ${link}, it has ${here.all} keys of ${there.all}; its log may say why`,
        'timeout',
        true,
      );
    await sleep(askEveryMs, undefined, { signal }).catch(() => {
      throw new ActionError('the restore was ended', 'aborted', true, signal.reason);
    });
  }
}

/** Of each database, as text, and in all. */
function keysIn(keyspace: string): { readonly by: string; readonly all: number } {
  const found = [...keyspace.matchAll(/^(db\d+):keys=(\d+)/gm)].map(([, name, keys]) => [name, Number(keys)] as const);
  return {
    by: found.map(([name, keys]) => `${name}=${keys}`).join(' '),
    all: found.reduce((sum, [, keys]) => sum + keys, 0),
  };
}
