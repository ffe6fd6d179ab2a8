import type { Readable } from 'node:stream';
import { InputBroke } from './docker-stream-errors.ts';
import type { Patience } from './patience.ts';
import { pulled } from './pulled.ts';

/**
 * What `source` gives, on its way to an engine: the engine's turn begins with each chunk and does not end with the last.
 * Errs with InputBroke where the source does, or whoever looks at its chunks.
 */
export const passedOn = (source: Readable, chunks: AsyncIterable<Buffer>, engine: Patience): Readable =>
  pulled(inTurns(chunks, engine), source, (error) => new InputBroke('the input broke off', { cause: error }));

async function* inTurns(chunks: AsyncIterable<Buffer>, engine: Patience): AsyncGenerator<Buffer, void> {
  engine.rests();
  for await (const chunk of chunks) {
    engine.waits();
    yield chunk;
    engine.rests();
  }
  engine.waits();
}
