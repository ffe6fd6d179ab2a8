import { Readable } from 'node:stream';
import { z } from 'zod';
import { defineSource, type SourceKind } from '../../src/backups/source-kind.ts';

/** Kinds of sources that no other one can change the words of: `dump`, which needs a container and has no drill, and `folder`, which needs nothing. */
export const sourceKinds: readonly SourceKind[] = [
  defineSource({
    kind: 'folder',
    class: 'application',
    params: z.strictObject({ path: z.string().default('/srv') }),
    title: ({ path }) => `folder ${path}`,
    open: async ({ path }) => ({ paths: [path] }),
    examine: async () => ({ refused: 'nobody looks into it' }),
    scratch: () => Promise.reject(new Error('nobody brings it back')),
  }),
  defineSource({
    kind: 'dump',
    class: 'data',
    params: z.strictObject({ container: z.string().min(1, 'is empty'), jobs: z.int().min(1).optional() }),
    title: ({ container }) => `dump of ${container}`,
    open: async () => ({
      file: 'dump',
      stream: Readable.from(['all of it']),
      whole: async () => ({ ok: true, reason: 'it is whole' }),
      stop: () => undefined,
    }),
    examine: async () => ({ refused: 'nobody looks into it' }),
  }),
];
