import { pipeline, type Readable } from 'node:stream';
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
  // Whoever iterates hears of it.
  pipeline(content, archive, () => undefined);
  for await (const entry of archive) await onFile(entry.header.name, await text(entry));
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
