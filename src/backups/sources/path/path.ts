import { lstat, realpath } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { ActionError } from '../../../domain/errors.ts';
import { yes } from '../../../domain/verdict.ts';
import { defineSource } from '../../source-kind.ts';
import { tarShape } from '../../tar-shape.ts';
import { scratchFolder } from '../../scratch-folder.ts';
import { folderShape } from './folder-shape.ts';
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
    for (const one of paths) {
      const found = await lstat(one).catch(() => undefined);
      // restic would keep the link, and nothing of what it leads to.
      if (found?.isSymbolicLink() === true)
        throw new ActionError(
          `${one} is a symbolic link: name ${await realpath(one).catch(() => 'what it leads to')}`,
          'bad-request',
          false,
        );
    }
    return { paths };
  },
  examine: (content) => tarShape(content),
  fits: (_head, { paths }) => fitsInPlace(paths),
  restore: (content, { paths }) => putInPlace(content, paths),
  scratch: async (_params, _clients, { folder }) =>
    scratchFolder(folder, {
      async fill(content) {
        await content.intoFolder(folder);
        return yes(`it is in ${folder}`);
      },
      look: async () => ({ shape: await folderShape(folder) }),
    }),
});
