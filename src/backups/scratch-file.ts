import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { yes } from '../domain/verdict.ts';
import { scratchFolder } from './scratch-folder.ts';
import type { Examined, Scratch } from './source-kind.ts';

/** The one file of a snapshot in a folder of this machine, which nobody else can read. */
export function scratchFile(folder: string, file: string, examine: (content: Readable) => Promise<Examined>): Scratch {
  const path = join(folder, file);
  return scratchFolder(folder, {
    async fill(content, signal) {
      await pipeline(await content.read(), createWriteStream(path, { mode: 0o600 }), { signal });
      return yes(`it is in ${path}`);
    },
    look: () => examine(createReadStream(path)),
  });
}
