import { type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';
import { extract } from 'tar-stream';
import { messageOf } from '../../domain/errors.ts';
import type { Shape } from '../../domain/recovery-point.ts';
import type { Examined } from '../source-kind.ts';
import { watchedTar } from '../tar-shape.ts';
import { objectCount } from './count-objects.ts';

/** Calls `onFile` for each file of a tar, one after the other. Rejects when it is none, or breaks. */
export async function eachFile(
  content: AsyncIterable<Buffer>,
  onFile: (path: string, body: string) => Promise<void> | void,
): Promise<void> {
  const archive = extract();
  archive.on('entry', ({ name }, entry, next) => {
    // The archive itself tells of it.
    entry.on('error', () => undefined);
    text(entry)
      .then((body) => onFile(name, body))
      .then(() => next(), next);
  });
  await pipeline(content, archive);
}

/** Reads all of a tar of objects. Rejects when the stream breaks. */
export async function examineObjects(
  content: Readable,
  countsOf: (kinds: ReadonlyMap<string, number>) => Shape['counts'],
): Promise<Examined> {
  const watched = watchedTar(content);
  const count = objectCount(countsOf);
  try {
    await eachFile(watched.chunks, (path, body) => count.add(path, body));
  } catch (error) {
    watched.mustNotHaveBroken();
    return { refused: `it is no whole archive: ${messageOf(error)}` };
  }
  const cut = watched.cutShort();
  return cut === undefined ? count.end(watched.bytes()) : { refused: cut };
}
