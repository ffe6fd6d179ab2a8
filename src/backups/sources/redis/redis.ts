import { z } from 'zod';
import { containerKey } from '../../container-of.ts';
import { defineDump } from '../../dump-source.ts';
import { endsAsRdb, examineRdb } from './rdb.ts';

const params = z.strictObject({
  container: containerKey,
  port: z.number().int().min(1).max(65_535).default(6379),
});

/** All that a Redis in a container holds, as it sends it to a replica: one moment of it, by `redis-cli` in there. */
export const redis = defineDump<z.output<typeof params>>({
  kind: 'redis',
  params,
  title: ({ container }) => `the keys of ${container}`,
  file: 'dump.rdb',
  dump: ({ port }) => ({ argv: ['redis-cli', '-p', String(port), '--rdb', '-'] }),
  isWhole: endsAsRdb,
  examine: (content) => examineRdb(content),
});
