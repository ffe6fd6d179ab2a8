import { z } from 'zod';
import { yes } from '../../../domain/verdict.ts';
import { containerKey } from '../../container-of.ts';
import { defineDump } from '../../dump-source.ts';
import { scratchServer, modelOf } from '../../scratch-server.ts';
import type { SourceKind } from '../../source-kind.ts';
import { bringBackRedis } from './bring-back.ts';
import { rdbServer } from './rdb-server.ts';
import { fitRedis, mendRedis } from './replication.ts';
import { endsAsRdb, examineRdb } from './rdb.ts';

const params = z.strictObject({
  container: containerKey,
  port: z.number().int().min(1).max(65_535).default(6379),
});
type Params = z.output<typeof params>;

/** All that a Redis in a container holds, as it sends it to a replica: one moment of it, by `redis-cli` in there. */
export const redis: SourceKind = defineDump<Params>({
  kind: 'redis',
  params,
  title: ({ container }) => `the keys of ${container}`,
  file: 'dump.rdb',
  dump: ({ port }) => ({ argv: ['redis-cli', '-p', String(port), '--rdb', '-'] }),
  isWhole: endsAsRdb,
  examine: (content) => examineRdb(content),
  fits: (_head, place, clients, signal) => fitRedis(place, clients, signal),
  restore: bringBackRedis,
  mend: mendRedis,
  async scratch(read, clients, { drill }, signal) {
    const { docker, like, engine } = await modelOf(read.container, clients, drill, signal);
    const { container, cli, serve } = await rdbServer(
      docker,
      like,
      { drill, network: 'none', port: read.port },
      signal,
    );
    const there: Params = { ...read, container: `docker/${engine}/container/${container.name}` };
    return scratchServer(
      {
        container,
        kind: redis,
        params: there,
        fill: async (content, during) => {
          await serve(content, during);
          return yes(`redis-server in ${container.name} has loaded it`);
        },
        // `-e`: an error is no answer.
        ask: (query, during) => cli(['-e', ...wordsOf(query)], during),
      },
      clients,
    );
  },
});

/** Of a command as it is typed: `HGET "a key" field`. */
const wordsOf = (query: string): readonly string[] =>
  (query.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ''));
