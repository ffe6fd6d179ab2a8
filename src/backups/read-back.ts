import { createHash } from 'node:crypto';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Examined } from './source-kind.ts';

/** Lets `examine` read all of a stream, and answers the hash of it (in hex) beside what it says. Rejects when it breaks. */
export async function readBack(
  content: Readable,
  examine: (copy: Readable) => Promise<Examined>,
): Promise<{ readonly sha256: string; readonly examined: Examined }> {
  const hash = createHash('sha256');
  const copy = new PassThrough();
  content.on('data', (chunk: Buffer) => hash.update(chunk));
  const reading = pipeline(content, copy).then(
    () => undefined,
    (error: unknown) => error,
  );
  const examining = examine(copy);
  // Who looks at it may have seen enough, or fail: nobody reads any further then, and nobody may wait for that.
  const looked = examining.catch(() => undefined).finally(() => copy.resume());
  const broken = await reading;
  const said = await looked;
  if (said !== undefined && 'refused' in said) return { examined: said, sha256: '' };
  if (broken !== undefined) throw broken;
  return { examined: await examining, sha256: hash.digest('hex') };
}
