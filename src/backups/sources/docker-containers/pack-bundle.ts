import type { Readable } from 'node:stream';
import { jsonPart, packParts, type Part } from '../../pack-parts.ts';
import type { EngineRead } from './read-engine.ts';
import { imagePart, mountEntry } from './bundle.ts';

/** So much of the archive of images is held at once, bytes: a tar has to know the size of a file before its first byte. */
const partBytes = 8 * 1024 * 1024;

type Packed = Pick<EngineRead, 'bundle' | 'files'>;

/** What was read, and an archive of images as parts of it, as one tar; the same bytes for the same things. It errs where `images` does. */
export const packBundle = (read: Packed, images: AsyncIterable<Buffer>): Readable => packParts(partsOf(read, images));

async function* partsOf({ bundle, files }: Packed, images: AsyncIterable<Buffer>): AsyncGenerator<Part> {
  yield jsonPart('containers.json', bundle.containers);
  yield jsonPart('networks.json', bundle.networks);
  yield jsonPart('volumes.json', bundle.volumes);
  yield jsonPart('images.json', bundle.images);
  yield jsonPart('mounts.json', bundle.files);
  for (const [at, body] of files.entries()) yield { name: mountEntry(at), body };
  let [held, size, at]: [Buffer[], number, number] = [[], 0, 0];
  const part = (): Part => {
    const body = Buffer.concat(held);
    [held, size] = [[], 0];
    return { name: imagePart(at++), body };
  };
  for await (const chunk of images) {
    held.push(chunk);
    size += chunk.byteLength;
    if (size >= partBytes) yield part();
  }
  if (size > 0) yield part();
}
