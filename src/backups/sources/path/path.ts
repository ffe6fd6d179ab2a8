import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { mustBeNoLinks } from '../../no-links.ts';
import { scratchTree } from '../../scratch-tree.ts';
import { defineSource } from '../../source-kind.ts';
import { tarShape } from '../../tar-shape.ts';
import { fitsInPlace, putInPlace } from './put-in-place.ts';

const params = z.strictObject({
  paths: z
    .array(z.string().refine(isAbsolute, 'has to be an absolute path'))
    .min(1, 'is empty: it names files or directories'),
});

/** Files and directories of the machine that Paramedic runs on. */
export const path = defineSource<z.output<typeof params>>({
  kind: 'path',
  class: 'data',
  params,
  title: ({ paths }) => `${paths.join(', ')} of this machine`,
  async open({ paths }) {
    await mustBeNoLinks(paths);
    return { paths };
  },
  examine: (content) => tarShape(content),
  fits: (_head, { paths }) => fitsInPlace(paths),
  restore: (content, { paths }) => putInPlace(content, paths),
  scratch: async (_params, _clients, { folder }) => scratchTree(folder),
});
