import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { defineSource } from '../../source-kind.ts';
import { tarShape } from '../../tar-shape.ts';

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
  open: async ({ paths }) => ({ paths }),
  examine: (content) => tarShape(content),
});
