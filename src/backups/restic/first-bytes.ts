import type { Produced } from '../../domain/backup.ts';
import { messageOf } from '../../domain/errors.ts';
import type { PourOptions, Refusal } from './commit-gate.ts';

/**
 * Waits for the first bytes of a stream; answers why none came. Most dumps that fail do so at once, and a restic that was
 * not started needs not be ended: 0.14 leaves its lock behind when it is ended in its first half second.
 */
export async function firstBytes(produced: Produced, { idleMs, signal }: PourOptions): Promise<Refusal | undefined> {
  const { stream } = produced;
  const within = `${idleMs / 1_000} s`;
  const begun = await begins(produced, idleMs, signal);
  if (begun !== 'ended') return begun;
  // Whoever made it knows better than we why there is nothing.
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), idleMs);
  });
  const nothing = produced.whole({ bytes: 0 }, Buffer.alloc(0)).catch(() => undefined);
  const whole = await Promise.race([nothing, late]);
  clearTimeout(timer);
  stream.destroy();
  if (whole === undefined) return { cause: 'silent', reason: `nothing came, and it was not said within ${within} why` };
  return whole.ok ? { cause: 'empty', reason: 'nothing came at all' } : { cause: 'not-whole', reason: whole.reason };
}

/** Undefined: there are some. */
function begins(
  { stream }: Produced,
  idleMs: number,
  signal: AbortSignal | undefined,
): Promise<Refusal | 'ended' | undefined> {
  return new Promise((resolve) => {
    const broke = (why: string): Refusal => ({ cause: 'broken', reason: `it broke off before its first byte: ${why}` });
    const onError = (error: unknown): void => settle(broke(messageOf(error)));
    const onClose = (): void => settle(broke('it was closed'));
    const onEnd = (): void => settle('ended');
    const onAbort = (): void => settle({ cause: 'cancelled', reason: 'it was cancelled' });
    const onReadable = (): void => {
      if (stream.readableLength > 0) settle(undefined);
      // A stream without anything in it tells its end to those who read it.
      else stream.read();
    };
    const timer = setTimeout(() => settle({ cause: 'silent', reason: `nothing came for ${idleMs / 1_000} s` }), idleMs);
    const settle = (answer: Refusal | 'ended' | undefined): void => {
      clearTimeout(timer);
      stream.off('readable', onReadable).off('end', onEnd).off('error', onError).off('close', onClose);
      signal?.removeEventListener('abort', onAbort);
      resolve(answer);
    };
    if (signal?.aborted) return onAbort();
    if (stream.errored) return onError(stream.errored);
    if (stream.readableEnded) return onEnd();
    if (stream.destroyed) return onClose();
    signal?.addEventListener('abort', onAbort);
    stream.on('end', onEnd).on('error', onError).on('close', onClose).on('readable', onReadable);
  });
}
