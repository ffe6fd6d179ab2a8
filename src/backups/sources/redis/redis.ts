import { z } from 'zod';
import { dumpOf } from '../../container-dump.ts';
import { containerKey } from '../../container-of.ts';
import { defineSource } from '../../source-kind.ts';
import { endsAsRdb, examineRdb } from './rdb.ts';

const params = z.strictObject({
  container: containerKey,
  port: z.number().int().min(1).max(65_535).default(6379),
});

/** All that a Redis in a container holds, as it sends it to a replica: one moment of it, by `redis-cli` in there. */
export const redis = defineSource<z.output<typeof params>>({
  kind: 'redis',
  class: 'data',
  params,
  title: ({ container }) => `the keys of ${container}`,
  open: ({ container, port }, clients, signal, timeoutMs) =>
    dumpOf(
      {
        container,
        command: { argv: ['redis-cli', '-p', String(port), '--rdb', '-'] },
        file: 'dump.rdb',
        isWhole: endsAsRdb,
      },
      clients,
      signal,
      timeoutMs,
    ),
  examine: (content) => examineRdb(content),
});
