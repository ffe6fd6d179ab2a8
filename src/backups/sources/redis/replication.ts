import { setTimeout as sleep } from 'node:timers/promises';
import type { Clients } from '../../../domain/clients.ts';
import { drillLabel, isDrillContainer } from '../../../domain/drill-things.ts';
import { ActionError } from '../../../domain/errors.ts';
import { no, type Verdict, yes } from '../../../domain/verdict.ts';
import { removeLeft, runIn } from '../../drill-container.ts';
import type { ServerPlace } from '../../server-place.ts';
import { toldByServer } from '../../told-by-server.ts';
import { loadsRdb } from './rdb-version.ts';
import { fieldOf, type RedisPlace, redisTarget, type RedisTarget } from './redis-target.ts';

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

/**
 * Whether it is one of its own: a replica has what another one has, and a node of a cluster a part only; and loads an RDB of
 * that `head`, when one is said. Throws ActionError.
 */
export async function fitRedis(
  place: RedisPlace,
  clients: Clients,
  signal: AbortSignal,
  head: () => Promise<string> = () => Promise.resolve(''),
): Promise<Verdict> {
  const target = await redisTarget(place, clients, signal);
  const { say, setting } = target;
  const { name } = target.container;
  const refused = (why: string): Verdict => no(`the Redis in ${name} ${why}`);
  const info = await say('INFO');
  if (fieldOf(info, 'cluster_enabled') === '1')
    return refused('is a node of a cluster, which holds a part of the keys: nothing was touched');
  const master = fieldOf(info, 'master_host');
  if (master !== undefined && master !== ourAddress)
    return refused(`is a replica of ${master}:${fieldOf(info, 'master_port')}: restore that one; nothing was touched`);
  if (master === ourAddress && (await isWaitedFor(target, info, signal)))
    return refused('is being brought back by another restore: nothing was touched by this one');
  // It would try for ever: ours speaks none.
  if ((await setting('tls-replication')) === 'yes')
    return refused(
      'replicates by TLS, and would have to follow one that speaks none; nothing was touched: CONFIG SET tls-replication no, and set it to yes again after',
    );
  // While it follows ours it is no master: who watches it would make another one that, with what was lost in it.
  const [, watchers = '0'] = (await say('PUBSUB', 'NUMSUB', '__sentinel__:hello')).split('\n');
  if (Number(watchers) > 0)
    return refused(
      'is watched by Sentinel, which would make another one the master meanwhile; nothing was touched: SENTINEL REMOVE it at each Sentinel, and SENTINEL MONITOR it again after',
    );
  const replicas = Number(fieldOf(info, 'connected_slaves') ?? 0);
  if (replicas > 0)
    return refused(
      `has ${replicas} connected ${replicas === 1 ? 'replica' : 'replicas'}, and whoever looks after them may make one of them the master meanwhile; nothing was touched: stop them, and start them after`,
    );
  const loads = loadsRdb(`the server in ${name}`, info, await head());
  return loads.ok ? yes(`the Redis in ${name} is one of its own`) : loads;
}

/**
 * Has one that a restore which died has left following ours follow nobody: it takes no writes till then. Throws ActionError, also
 * while that restore goes on, whoever's it is.
 */
export async function mendRedis(place: RedisPlace, clients: Clients, signal: AbortSignal): Promise<string | undefined> {
  const target = await redisTarget(place, clients, signal);
  const { docker, container, drill, say } = target;
  const replication = await say('INFO', 'replication');
  if (fieldOf(replication, 'master_host') !== ourAddress) return undefined;
  if (await isWaitedFor(target, replication, signal))
    throw new ActionError(`a restore of the Redis in ${container.name} goes on`, 'conflict', true);
  await say('REPLICAOF', 'NO', 'ONE');
  await removeLeft(docker, drill, signal);
  return `a restore that died had left the Redis in ${container.name} following its own, so that it took no writes: it follows nobody again`;
}

/** Within which a restore that goes on has asked again: it does so a few times a second, ms. */
const askedWithinMs = 5_000;

/**
 * Whether somebody waits for it to have all of ours, be it another Paramedic: who does asks ours how many keys it has, again and
 * again, and nobody else asks it anything. That ours is there says nothing: it outlives who made it. Throws ActionError.
 */
async function isWaitedFor(
  { docker, drill, setting }: RedisTarget,
  replication: string,
  signal: AbortSignal,
): Promise<boolean> {
  const ours = (await docker.list(signal)).find(
    ({ name, labels }) => isDrillContainer(name) && labels[drillLabel] === drill,
  );
  if (ours === undefined || (await docker.inspect(ours.id, signal))?.status !== 'running') return false;
  const port = fieldOf(replication, 'master_port') ?? '';
  const password = await setting('masterauth');
  const argv = ['redis-cli', '-h', ourAddress, '-p', port, 'INFO', 'commandstats'] as const;
  const env = password === undefined ? {} : { env: { REDISCLI_AUTH: password } };
  /** How often it was asked for anything by INFO; undefined: no server of ours answers there. */
  const asked = async (): Promise<number | undefined> => {
    const { exitCode, stdout } = await runIn({ docker, id: ours.id }, { argv, ...env }, signal);
    return exitCode === 0 && stdout.startsWith('# Commandstats')
      ? Number(/^cmdstat_info:calls=(\d+)/m.exec(stdout)?.[1] ?? 0)
      : undefined;
  };
  const before = await asked();
  if (before === undefined) return false;
  await sleep(askedWithinMs, undefined, { signal }).catch(() => {
    throw new ActionError('the wait for a restore was ended', 'aborted', true, signal.reason);
  });
  // The first of these two is one of them.
  return ((await asked()) ?? 0) - before > 1;
}
