import { createHash } from 'node:crypto';
import { finished } from 'node:stream';
import type { Measured, Produced } from '../../domain/backup.ts';
import { messageOf } from '../../domain/errors.ts';
import { inPieces } from './in-pieces.ts';
import type { ResticProcess } from './run-restic.ts';

/** Why a stream was not made a snapshot of. */
export type Refused = 'empty' | 'not-whole' | 'broken' | 'silent' | 'stalled' | 'cancelled' | 'restic-ended';

export interface Refusal {
  readonly cause: Refused;
  readonly reason: string;
}

export type Poured =
  | { readonly ok: true; readonly reason: string; readonly measured: Measured }
  | (Refusal & { readonly ok: false; readonly measured: Measured });

export interface PourOptions {
  /** How long nothing may move. */
  readonly idleMs: number;
  readonly signal?: AbortSignal | undefined;
  /** How much has gone through, once a second. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

const tailBytes = 64 * 1024;
const progressMs = 1_000;

/**
 * Pours a stream into restic, and ends its stdin only when whoever made the stream says that it is whole: to restic the end
 * of its stdin is all there was, and half of a dump would be kept like a whole one. Whatever else happens, stdin is left
 * open: the caller has to stop restic then. Never rejects, and holds 4 MiB and a few chunks.
 */
export async function pour(produced: Produced, restic: ResticProcess, options: PourOptions): Promise<Poured> {
  const { stream } = produced;
  const { stdin } = restic;
  const seconds = options.idleMs / 1_000;
  const hash = createHash('sha256');
  const tail = lastBytes(tailBytes);
  let [bytes, isHeld] = [0, false];
  let refusal: Refusal | undefined;
  let silence: Refusal;
  let wake = (): void => undefined;
  const refused = new Promise<void>((resolve) => {
    wake = resolve;
  });

  const refuse = (cause: Refused, reason: string): void => {
    refusal ??= { cause, reason };
    stream.destroy();
    wake();
  };
  const onLost = (): void => refuse('restic-ended', 'restic takes no more');
  const onAbort = (): void => refuse('cancelled', 'it was cancelled');
  const waitFor = (cause: Refused, reason: string): void => {
    silence = { cause, reason };
    timer.refresh();
  };
  const timer = setTimeout(() => refuse(silence.cause, silence.reason), options.idleMs);
  const fromProducer = `nothing came for ${seconds} s`;
  waitFor('silent', fromProducer);
  for (const event of ['error', 'close']) stdin?.on(event, onLost);
  // An error that nobody listens to would end us, also when it comes after we have gone.
  stream.on('error', () => undefined);
  options.signal?.addEventListener('abort', onAbort);
  if (options.signal?.aborted) onAbort();
  void restic.ended.then(onLost);

  let toldAt = Date.now();
  const onChunk = (chunk: Buffer): void => {
    if (refusal !== undefined) return;
    hash.update(chunk);
    tail.add(chunk);
    bytes += chunk.byteLength;
    pieces?.add(chunk);
    waitFor('silent', fromProducer);
    if (pieces?.isFull()) {
      isHeld = true;
      stream.pause();
      waitFor('stalled', `restic took nothing for ${seconds} s`);
    }
    if (Date.now() - toldAt < progressMs) return;
    toldAt = Date.now();
    options.onProgress?.(bytes);
  };
  const onTaken = (): void => {
    if (!isHeld) return;
    timer.refresh();
    if (pieces?.isFull()) return;
    isHeld = false;
    waitFor('silent', fromProducer);
    stream.resume();
  };
  const pieces = stdin && inPieces(stdin, onTaken);
  try {
    const over = new Promise<void>((resolve, reject) => {
      finished(stream, { writable: false }, (error) => (error ? reject(error) : resolve()));
    });
    stream.on('data', onChunk).resume();
    await Promise.race([over, refused]);
    pieces?.flush();
    const measured = { bytes, sha256: hash.digest('hex') };
    if (bytes === 0) refuse('empty', 'nothing came at all');
    if (refusal === undefined) {
      waitFor('silent', `it was not said within ${seconds} s whether that was all`);
      const whole = await Promise.race([produced.whole(measured, tail.bytes()), refused]);
      if (whole?.ok === false) refuse('not-whole', whole.reason);
      // Nothing is awaited between the last look and the end.
      if (whole?.ok === true && refusal === undefined) {
        stdin?.off('close', onLost).end();
        return { ok: true, reason: whole.reason, measured };
      }
    }
  } catch (error) {
    refuse('broken', `it broke off after ${bytes} bytes: ${messageOf(error)}`);
  } finally {
    clearTimeout(timer);
    stream.off('data', onChunk);
    for (const event of ['error', 'close']) stdin?.off(event, onLost);
    options.signal?.removeEventListener('abort', onAbort);
  }
  const { cause, reason } = refusal ?? { cause: 'broken' as const, reason: 'it broke off' };
  return { ok: false, cause, reason, measured: { bytes } };
}

/** The end of all that was added; holds one chunk more than it has to, and copies none. */
function lastBytes(most: number): { add(chunk: Buffer): void; bytes(): Buffer } {
  const chunks: Buffer[] = [];
  let length = 0;
  return {
    add(chunk) {
      chunks.push(chunk);
      length += chunk.byteLength;
      for (let first = chunks[0]; first && length - first.byteLength >= most; first = chunks[0]) {
        length -= first.byteLength;
        chunks.shift();
      }
    },
    bytes: () => Buffer.concat(chunks).subarray(-most),
  };
}
