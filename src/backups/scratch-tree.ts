import { yes } from '../domain/verdict.ts';
import { scratchFolder } from './scratch-folder.ts';
import type { Scratch } from './source-kind.ts';
import { folderShape } from './folder-shape.ts';

/** The files of a snapshot in a folder of this machine. */
export const scratchTree = (folder: string): Scratch =>
  scratchFolder(folder, {
    async fill(content) {
      await content.intoFolder(folder);
      return yes(`it is in ${folder}`);
    },
    look: async () => ({ shape: await folderShape(folder) }),
  });
