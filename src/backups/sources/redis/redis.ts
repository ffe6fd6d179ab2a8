import { z } from 'zod';
import type { Clients } from '../../../domain/clients.ts';
import { no, yes } from '../../../domain/verdict.ts';
import { defineDump } from '../../dump-source.ts';
import { isInCluster } from '../../pod-of.ts';
import { modelOf } from '../../model-container.ts';
import type { RunningServer } from '../../running-server.ts';
import { scratchServer } from '../../scratch-server.ts';
import { containerOf, elsewhere, onePlace, placeText, type ServerPlace, serverPlace } from '../../server-place.ts';
import type { ScratchOptions, SourceKind } from '../../source-kind.ts';
import { bringBackRedis } from './bring-back.ts';
import { rdbPod } from './rdb-pod.ts';
import { rdbServer } from './rdb-server.ts';
import { fitRedis, isWholeRedis, mendRedis } from './replication.ts';
import { endsAsRdb, examineRdb } from './rdb.ts';

const fields = z.strictObject({
  ...serverPlace,
  port: z.number().int().min(1).max(65_535).default(6379),
});
const params = fields.check(onePlace);
type Params = z.output<typeof params>;

const byHand =
  'scale it to 0, put the dump.rdb that restic dump reads into its volume, and scale it up again, with appendonly no';

/** Another Redis beside it, which it would follow, can be put into a pod and not be taken out of it again. */
const inPod = no(`a Redis in a pod takes nothing back while it runs: ${byHand}; nothing was touched`);

/** All that a Redis in a container or a pod holds, as it sends it to a replica: one moment of it, by `redis-cli` in there. */
export const redis: SourceKind = defineDump<Params>({
  kind: 'redis',
  params,
  title: (read) => `the keys of ${placeText(read)}`,
  file: 'dump.rdb',
  dump: ({ port }) => ({ argv: ['redis-cli', '-h', '127.0.0.1', '-p', String(port), '--rdb', '-'] }),
  mayDump: isWholeRedis,
  isWhole: endsAsRdb,
  examine: (content) => examineRdb(content),
  fits: async (head, read, clients, signal) =>
    isInCluster(read) ? inPod : fitRedis({ container: containerOf(read), port: read.port }, clients, signal, head),
  restore: async (content, read, clients, signal) =>
    isInCluster(read)
      ? inPod
      : bringBackRedis(content, { container: containerOf(read), port: read.port }, clients, signal),
  mend: async (read, clients, signal) =>
    isInCluster(read) ? undefined : mendRedis({ container: containerOf(read), port: read.port }, clients, signal),
  async scratch(read, clients, options, signal) {
    const { server, cli, serve } = isInCluster(read)
      ? await rdbPod(read, clients, options, signal)
      : await rdbContainer(read, clients, options, signal);
    const there: Params = { ...read, ...elsewhere(server.place) };
    return scratchServer(
      {
        server,
        kind: redis,
        params: there,
        fill: async (content, during) => {
          await serve(content, during);
          return yes(`redis-server in ${server.name} has loaded it`);
        },
        // `-e`: an error is no answer.
        ask: (query, during) => cli(['-e', ...wordsOf(query)], during),
      },
      clients,
    );
  },
});

async function rdbContainer(read: Params, clients: Clients, { drill }: ScratchOptions, signal: AbortSignal) {
  const { docker, like, engine } = await modelOf(containerOf(read), clients, drill, signal);
  const made = await rdbServer(docker, like, { drill, network: 'none', port: read.port }, signal);
  const { id, name } = made.container;
  const execIn: RunningServer['execIn'] = (command, stdin, limits) => docker.execIn(id, command, stdin, limits);
  const place: ServerPlace = { container: `docker/${engine}/container/${name}` };
  return { ...made, server: { name, place, execIn, remove: () => made.container.remove() } };
}

/** Of a command as it is typed: `HGET "a key" field`. */
const wordsOf = (query: string): readonly string[] =>
  (query.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ''));
