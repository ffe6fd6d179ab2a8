import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import type { DockerClient } from '../../../domain/clients.ts';
import type { CommandEnd } from '../../../domain/docker-streams.ts';
import type { Alike } from '../../container-like.ts';
import { drillContainer, type DrillContainer, orRemoved, runIn, startServer } from '../../drill-container.ts';
import { readThrough } from '../../read-through.ts';
import type { Restorable } from '../../source-kind.ts';
import { tarOfFile } from '../../tar-of.ts';

const silentMs = 10 * 60_000;

export interface RdbServerOptions {
  readonly drill: string;
  /** `none`, or that of another container. */
  readonly network: string;
  /** Where it listens, and nowhere else; 127.0.0.1 when absent. */
  readonly address?: string;
  readonly port: number;
  /** Who follows it says these. */
  readonly password?: string;
  readonly user?: string;
}

/** A Redis of our own, which holds what an RDB holds and writes nothing. */
export interface RdbServer {
  readonly container: DrillContainer;
  /** Gives it the RDB, starts it, and waits until all of that is loaded. Throws ActionError. */
  readonly serve: (content: Restorable, signal: AbortSignal) => Promise<void>;
  /** `redis-cli` with these arguments. Throws ActionError. */
  readonly cli: (argv: readonly string[], signal: AbortSignal) => Promise<CommandEnd>;
}

/** What it takes to hold what is in `dump.rdb`, and to write nothing. */
export const rdbSettings = (folder: string, port: number, address = '127.0.0.1'): readonly string[] => [
  `port ${port}`,
  `bind ${address}`,
  `dir ${folder}`,
  'dbfilename dump.rdb',
  'appendonly no',
  'save ""',
];

/** Makes one of the image of another container, by the settings of an RDB and no others. Throws ActionError. */
export async function rdbServer(
  docker: DockerClient,
  like: Alike,
  { drill, network, address = '127.0.0.1', port, password, user }: RdbServerOptions,
  signal: AbortSignal,
): Promise<RdbServer> {
  /** Where its files are; nobody else has one of that name, so that it is known by it. */
  const folder = `/paramedic-${randomBytes(6).toString('hex')}`;
  const container = await drillContainer(
    docker,
    like,
    {
      drill,
      network,
      argv: ['redis-server', `${folder}/redis.conf`],
      folder,
      // Our `redis-cli` would say it, and a server that asks for none refuses that.
      withoutEnv: ['REDISCLI_AUTH'],
    },
    signal,
  );
  // In a file: arguments are seen by everybody.
  const settings = [
    ...rdbSettings(folder, port, address),
    'repl-diskless-sync yes',
    'repl-diskless-sync-delay 0',
    ...(password === undefined ? [] : [`requirepass ${JSON.stringify(password)}`]),
    ...(user === undefined || password === undefined
      ? []
      : [`user ${JSON.stringify(user)} on ${JSON.stringify(`>${password}`)} ~* +@all`]),
    '',
  ].join('\n');
  const cli: RdbServer['cli'] = (argv, during) => {
    const env = password === undefined ? {} : { env: { REDISCLI_AUTH: password } };
    return runIn(container, { argv: ['redis-cli', '-h', address, '-p', String(port), ...argv], ...env }, during);
  };
  return {
    container,
    cli,
    serve: (content, during) =>
      orRemoved(container, async () => {
        const tar = pack();
        tar.entry({ name: 'redis.conf', mode: 0o644 }, settings);
        tar.finalize();
        const limits = { signal: during, silentMs };
        await docker.putArchive(container.id, folder, Readable.from(tar), limits);
        // A tar says before a file how large that is.
        const bytes = content.shape?.bytes ?? (await readThrough(await content.read())).bytes;
        await docker.putArchive(container.id, folder, tarOfFile('dump.rdb', bytes, await content.read()), limits);
        // Until it has loaded all of it, it says that it loads. Another server at that port, which it could not have then,
        // is somebody else's.
        const isIt = async (): Promise<boolean> =>
          (await cli(['CONFIG', 'GET', 'dir'], during)).stdout.includes(folder);
        await startServer(container, isIt, during);
      }),
  };
}
