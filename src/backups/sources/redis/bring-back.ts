import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clients, ContainerState, DockerClient } from '../../../domain/clients.ts';
import { drillLabel } from '../../../domain/drill-things.ts';
import { ActionError, messageOf } from '../../../domain/errors.ts';
import { no, type Verdict, yes } from '../../../domain/verdict.ts';
import { alike } from '../../container-like.ts';
import { runningContainer } from '../../container-of.ts';
import { removeLeft, removeMs, runIn } from '../../drill-container.ts';
import type { Restorable } from '../../source-kind.ts';
import { type RdbServer, rdbServer } from './rdb-server.ts';

/** A Redis in a container, spoken to by `redis-cli` in there. */
interface Target {
  readonly docker: DockerClient;
  readonly container: ContainerState;
  /** What it answers. Throws ActionError when that is an error. */
  readonly say: (...words: readonly string[]) => Promise<string>;
  /** The same, for what has to be said also when we are to stop. */
  readonly lastly: (...words: readonly string[]) => Promise<string>;
}

/**
 * Puts an RDB in the place of what a running Redis holds, without a restart, with an AOF or without one: beside it, in its
 * own network, another one serves the RDB, and the target follows that one until it has all of it. Until then it has what it
 * had, and takes no writes. Throws ActionError.
 */
export async function bringBackRedis(
  content: Restorable,
  { container: key, port }: { readonly container: string; readonly port: number },
  clients: Clients,
  signal: AbortSignal,
): Promise<Verdict> {
  const { docker, container } = await runningContainer(key, clients, signal);
  const target = targetOf(docker, container, port, signal);
  const drill = `restore-${container.id.slice(0, 12)}`;
  const isFit = await fit(target, drill, signal);
  if (!isFit.ok) return isFit;
  // Also of a restore of this one that has died.
  await removeLeft(docker, drill, signal);

  const server = await serving(target, content, drill, signal);
  try {
    return await followed(target, server, signal);
  } finally {
    await server.container.remove();
  }
}

function targetOf(docker: DockerClient, container: ContainerState, port: number, signal: AbortSignal): Target {
  const sayBy = async (words: readonly string[], until: AbortSignal): Promise<string> => {
    const argv = ['redis-cli', '-p', String(port), ...words] as const;
    const { exitCode, stdout, stderr } = await runIn({ docker, id: container.id }, { argv }, until);
    const said = stdout.trim();
    // `redis-cli` ends with 0 also after an error.
    if (exitCode !== 0 || errors.test(said))
      throw new ActionError(
        `redis-cli in ${container.name}: ${words[0]} was refused: ${said || stderr.trim()}`,
        'server-error',
        false,
      );
    return said;
  };
  return {
    docker,
    container,
    say: (...words) => sayBy(words, signal),
    lastly: (...words) => sayBy(words, AbortSignal.timeout(removeMs)),
  };
}

const errors = /^(ERR|NOAUTH|NOPERM|WRONGPASS|LOADING|READONLY|MISCONF|BUSY|DENIED|MASTERDOWN) /;

const fieldOf = (info: string, name: string): string | undefined =>
  new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1];

/** Whether it is one of its own: a replica has what another one has, and a node of a cluster a part only. */
async function fit({ docker, container: { name }, say }: Target, drill: string, signal: AbortSignal): Promise<Verdict> {
  if (fieldOf(await say('INFO', 'cluster'), 'cluster_enabled') === '1')
    return no(`the Redis in ${name} is a node of a cluster, which holds a part of the keys: nothing was touched`);
  const replication = await say('INFO', 'replication');
  if (fieldOf(replication, 'role') === 'master') return yes('it is one of its own');
  const master = `${fieldOf(replication, 'master_host')}:${fieldOf(replication, 'master_port')}`;
  // A restore that has died left it so.
  const isOurs =
    master.startsWith('127.0.0.1:') && (await docker.list(signal)).some(({ labels }) => labels[drillLabel] === drill);
  if (!isOurs) return no(`the Redis in ${name} is a replica of ${master}: restore that one; nothing was touched`);
  await say('REPLICAOF', 'NO', 'ONE');
  return yes('it is one of its own again');
}

/** How often a port is tried: what the target's network has on it we do not know before. */
const tries = 3;

async function serving(
  { docker, container, say }: Target,
  content: Restorable,
  drill: string,
  signal: AbortSignal,
): Promise<RdbServer & { readonly port: number }> {
  const like = alike((await docker.describe(container.id, signal)) ?? {});
  const setting = async (name: string): Promise<string | undefined> => {
    // Where it may not be asked, it has none: else that it can not follow is told later.
    const said = await say('CONFIG', 'GET', name).catch(() => '');
    return said.split('\n')[1]?.trim() || undefined;
  };
  // What it says to whom it follows.
  const [password, user] = [await setting('masterauth'), await setting('masteruser')];
  for (let left = tries - 1; ; left -= 1) {
    const port = randomInt(10_000, 30_000);
    const login = { ...(password !== undefined && { password }), ...(user !== undefined && { user }) };
    const options = { drill, network: `container:${container.id}`, port, ...login };
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
  target: Target,
  server: RdbServer & { readonly port: number },
  signal: AbortSignal,
): Promise<Verdict> {
  const { container, say } = target;
  try {
    await say('REPLICAOF', '127.0.0.1', String(server.port));
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
async function untilSame({ container, say }: Target, server: RdbServer, signal: AbortSignal): Promise<number> {
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
