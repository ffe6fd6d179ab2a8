import type { Clients } from '../../../domain/clients.ts';
import { no, type Verdict, yes } from '../../../domain/verdict.ts';
import { removeLeft } from '../../drill-container.ts';
import type { ServerPlace } from '../../server-place.ts';
import { toldByServer } from '../../told-by-server.ts';
import { fieldOf, type RedisPlace, redisTarget } from './redis-target.ts';

/**
 * Where ours is served, in the network of the target. All of 127.0.0.0/8 is that machine itself, and nobody else is at this
 * one: who follows it was left so by us, also when the container that was there is gone.
 */
export const ourAddress = '127.112.97.114';

/**
 * Whether it has all keys: a node of a cluster has those of its slots only, and the others would be missed in no recovery
 * point. Where it may not be asked, it is taken for one of its own. Throws ActionError.
 */
export async function isWholeRedis(
  read: ServerPlace & { readonly port: number },
  clients: Clients,
  signal: AbortSignal,
): Promise<Verdict> {
  const argv = ['redis-cli', '-h', '127.0.0.1', '-p', String(read.port), 'INFO', 'cluster'] as const;
  const asked = await toldByServer(read, { argv }, clients, signal);
  if ('ok' in asked || fieldOf(asked.said, 'cluster_enabled') !== '1') return yes('it is no node of a cluster');
  return no(
    `the Redis in ${asked.server} is a node of a cluster: it holds the keys of its slots only, and one source can not have those of several nodes at one moment; Redis Cluster can not be backed up here`,
  );
}

/** Whether it is one of its own: a replica has what another one has, and a node of a cluster a part only. Throws ActionError. */
export async function fitRedis(place: RedisPlace, clients: Clients, signal: AbortSignal): Promise<Verdict> {
  const {
    say,
    container: { name },
  } = await redisTarget(place, clients, signal);
  const refused = (why: string): Verdict => no(`the Redis in ${name} ${why}`);
  if (fieldOf(await say('INFO', 'cluster'), 'cluster_enabled') === '1')
    return refused('is a node of a cluster, which holds a part of the keys: nothing was touched');
  const replication = await say('INFO', 'replication');
  const master = fieldOf(replication, 'master_host');
  if (master !== undefined && master !== ourAddress)
    return refused(
      `is a replica of ${master}:${fieldOf(replication, 'master_port')}: restore that one; nothing was touched`,
    );
  // While it follows ours it is no master: who watches it would make another one that, with what was lost in it.
  const [, watchers = '0'] = (await say('PUBSUB', 'NUMSUB', '__sentinel__:hello')).split('\n');
  if (Number(watchers) > 0)
    return refused(
      'is watched by Sentinel, which would make another one the master meanwhile; nothing was touched: SENTINEL REMOVE it at each Sentinel, and SENTINEL MONITOR it again after',
    );
  const replicas = Number(fieldOf(replication, 'connected_slaves') ?? 0);
  if (replicas > 0)
    return refused(
      `has ${replicas} connected ${replicas === 1 ? 'replica' : 'replicas'}, and whoever looks after them may make one of them the master meanwhile; nothing was touched: stop them, and start them after`,
    );
  return yes(`the Redis in ${name} is one of its own`);
}

/** Has one that a restore which died has left following ours follow nobody: it takes no writes till then. Throws ActionError. */
export async function mendRedis(place: RedisPlace, clients: Clients, signal: AbortSignal): Promise<string | undefined> {
  const { docker, container, drill, say } = await redisTarget(place, clients, signal);
  if (fieldOf(await say('INFO', 'replication'), 'master_host') !== ourAddress) return undefined;
  await say('REPLICAOF', 'NO', 'ONE');
  await removeLeft(docker, drill, signal);
  return `a restore that died had left the Redis in ${container.name} following its own, so that it took no writes: it follows nobody again`;
}
