import type { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ActionError } from '../domain/errors.ts';
import { NoFrame } from './docker-frames.ts';
import { outputOf } from './docker-output.ts';
import { InputBroke } from './docker-stream-errors.ts';
import type { KeptTail } from './kept-tail.ts';
import { passedOn } from './passed-on.ts';
import { patience } from './patience.ts';
import { Silent, silence } from './unless-silent.ts';

/**
 * Gives a process its input, and keeps the tails of what it says meanwhile, until the connection is over: whether the input
 * was passed on whole. Rejects when that was ended by us: with InputBroke, Silent (the process neither takes nor says
 * anything for `silentMs` in its turn), NoFrame, or the ActionError that the connection was destroyed with. That it broke
 * may mean that the process has ended well: only the engine knows.
 */
export async function converse(
  connection: Duplex,
  stdin: Readable,
  { stdout, stderr, silentMs }: { readonly stdout: KeptTail; readonly stderr: KeptTail; readonly silentMs: number },
): Promise<boolean> {
  const other = patience(silentMs, () => connection.destroy(silence(silentMs)));
  async function listen(): Promise<void> {
    for await (const chunk of outputOf(
      noted(connection, () => other.moved()),
      stderr,
    ))
      stdout.add(chunk);
  }
  // The proper end of the input is half an end of the connection, an error of it is the end of all of it.
  const given = pipeline(passedOn(stdin, stdin, other), connection);
  const [sent, heard] = await Promise.allSettled([given, listen()]);
  other.end();
  connection.destroy();
  const failures = [sent, heard].flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  const ours = failures.find((error) =>
    [ActionError, InputBroke, NoFrame, Silent].some((kind) => error instanceof kind),
  );
  if (ours !== undefined) throw ours;
  return sent.status === 'fulfilled';
}

async function* noted(chunks: AsyncIterable<Buffer>, onChunk: () => void): AsyncGenerator<Buffer, void> {
  for await (const chunk of chunks) {
    onChunk();
    yield chunk;
  }
}
