import { PassThrough, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Clients } from '../domain/clients.ts';
import { pathsShape } from './folder-shape.ts';
import { type Examined, isPaths, type Reader, type SourceKind } from './source-kind.ts';

/** As much of its end as tells whether a dump is whole. */
const tailBytes = 64 * 1024;

/**
 * Reads a place as for a backup, and counts what is there; what is read by its paths is counted as files are. `reader` as in
 * `SourceDef.open`. Throws ActionError; rejects when a file can not be read.
 */
export async function lookAt(
  kind: Pick<SourceKind, 'open' | 'examine'>,
  params: unknown,
  clients: Clients,
  signal: AbortSignal,
  timeoutMs: number,
  reader?: Reader,
): Promise<Examined> {
  const produced = await kind.open(params, clients, signal, timeoutMs, reader);
  if (isPaths(produced))
    try {
      return { shape: await pathsShape(produced.paths) };
    } finally {
      await produced.remove?.();
    }
  let bytes = 0;
  let tail = Buffer.alloc(0);
  const noted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.byteLength;
      tail = Buffer.concat([tail, chunk.subarray(-tailBytes)]).subarray(-tailBytes);
      done(null, chunk);
    },
  });
  const copy = new PassThrough();
  const reading = pipeline(produced.stream, noted, copy, { signal }).then(
    () => undefined,
    (error: unknown) => error,
  );
  const examining = kind.examine(copy, params);
  // Who looks at it may have seen enough, or fail.
  void examining.catch(() => undefined).finally(() => copy.resume());
  const broken = await reading;
  if (broken !== undefined) {
    produced.stop();
    await examining.catch(() => undefined);
    throw broken;
  }
  const whole = await produced.whole({ bytes }, tail);
  const examined = await examining;
  return whole.ok ? examined : { refused: whole.reason };
}
