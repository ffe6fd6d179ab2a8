import type { Readable } from 'node:stream';
import type { Examined } from './source-kind.ts';
import { tarShape } from './tar-shape.ts';

/**
 * What a restore puts aside at the top of a volume while it exchanges the files, and takes away when all of the new are in
 * their place. An engine has the volume in a folder in the archive.
 */
const putAside = /^(?:[^/]+\/)?(\.paramedic-[0-9a-f]{12})\/(?:old|was)\//;

/**
 * As `tarShape`; refuses what a restore that was broken off has left half exchanged: it is of two moments, and would be
 * brought back so.
 */
export async function volumeShape(content: Readable): Promise<Examined> {
  let aside: string | undefined;
  const examined = await tarShape(content, (name) => (aside ??= putAside.exec(name)?.[1]));
  if ('refused' in examined || aside === undefined) return examined;
  return {
    refused: `a restore was broken off while it exchanged the files, which are of two moments now (folder ${aside} in it has the others): bring it back once more, and back it up then`,
  };
}
