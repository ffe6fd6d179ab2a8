import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Clients } from '../../../domain/clients.ts';
import type { CommandEnd } from '../../../domain/docker-streams.ts';
import { ActionError } from '../../../domain/errors.ts';
import { orRemoved } from '../../drill-container.ts';
import { drillPod } from '../../drill-pod.ts';
import { type DrillServer, runBeside } from '../../drill-server.ts';
import { endOf } from '../../end-of.ts';
import type { InCluster } from '../../pod-of.ts';
import type { Restorable, ScratchOptions } from '../../source-kind.ts';
import { rdbSettings } from './rdb-server.ts';

const silentMs = 10 * 60_000;

/** A Redis of our own in a pod, which holds what an RDB holds and writes nothing. */
export interface RdbPod {
  readonly server: DrillServer;
  /** Gives it the RDB, starts it, and waits until all of that is loaded. Throws ActionError. */
  readonly serve: (content: Restorable, signal: AbortSignal) => Promise<void>;
  /** `redis-cli` with these arguments. Throws ActionError. */
  readonly cli: (argv: readonly string[], signal: AbortSignal) => Promise<CommandEnd>;
}

/** Makes one like the pod of a source, by the settings of an RDB and no others. Throws ActionError. */
export async function rdbPod(
  read: InCluster & { readonly port: number },
  clients: Clients,
  options: Pick<ScratchOptions, 'drill' | 'timeoutMs' | 'bytes'>,
  signal: AbortSignal,
): Promise<RdbPod> {
  /** Where its files are; nobody else has one of that name, so that it is known by it. */
  const folder = `/paramedic-${randomBytes(6).toString('hex')}`;
  // Nothing can be put into a pod that does not run: what is to be served comes while it waits for that.
  const waits = `until [ -e ${folder}/whole ]; do sleep 1; done; exec redis-server ${folder}/redis.conf`;
  const server = await drillPod(
    read,
    clients,
    // Our `redis-cli` would say it, and a server that asks for none refuses that.
    { ...options, argv: ['sh', '-c', waits], folder, withoutEnv: ['REDISCLI_AUTH'] },
    signal,
  );
  const cli: RdbPod['cli'] = (argv, during) =>
    runBeside(server, { argv: ['redis-cli', '-h', '127.0.0.1', '-p', String(read.port), ...argv] }, during);
  async function put(file: string, content: Readable, during: AbortSignal): Promise<void> {
    const argv = ['sh', '-c', 'cat >"$1"', 'sh', `${folder}/${file}`] as const;
    const { exitCode, stderr } = await server.execIn({ argv }, content, { signal: during, silentMs });
    if (exitCode !== 0)
      throw new ActionError(
        `${file} could not be put into ${server.name}: it ended ${endOf(exitCode, stderr)}`,
        'server-error',
        true,
      );
  }
  return {
    server,
    cli,
    serve: (content, during) =>
      orRemoved(server, async () => {
        await server.start(async () => true, during);
        const settings = `${rdbSettings(folder, read.port).join('\n')}\n`;
        await put('redis.conf', Readable.from([Buffer.from(settings)]), during);
        await put('dump.rdb', await content.read(), during);
        await put('whole', Readable.from([]), during);
        // Until it has loaded all of it, it says that it loads.
        await server.start(async () => (await cli(['CONFIG', 'GET', 'dir'], during)).stdout.includes(folder), during);
      }),
  };
}
