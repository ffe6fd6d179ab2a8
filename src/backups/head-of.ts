import type { Restorable } from './source-kind.ts';

const mostBytes = 64 * 1024;

/**
 * The beginning of what is brought back, as text, read once however often it is asked for. Empty when it can not be read: who
 * reads all of it says why.
 */
export function headOf(content: Pick<Restorable, 'read'>): () => Promise<string> {
  let head: Promise<string> | undefined;
  return () => (head ??= firstOf(content).catch(() => ''));
}

async function firstOf(content: Pick<Restorable, 'read'>): Promise<string> {
  const stream = await content.read();
  let head = Buffer.alloc(0);
  // To leave it ends whoever reads it out of the repository.
  for await (const chunk of stream) {
    head = Buffer.concat([head, Buffer.from(chunk)]);
    if (head.byteLength >= mostBytes) break;
  }
  return head.toString('utf8', 0, mostBytes);
}
