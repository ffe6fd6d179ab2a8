import type { IncomingMessage } from 'node:http';

/**
 * The whole body. `too-large`: it is longer than `maxBytes`; what is still to come is read and dropped, so that the
 * sender gets to read our answer. `cut-off`: the sender went away.
 */
export function readBody(req: IncomingMessage, maxBytes: number): Promise<Buffer | 'too-large' | 'cut-off'> {
  return new Promise((resolve) => {
    if (Number(req.headers['content-length'] ?? 0) > maxBytes) {
      req.resume();
      return resolve('too-large');
    }
    let first: Buffer | undefined;
    let chunks: Buffer[] | undefined;
    let bytes = 0;
    req.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        chunks = undefined;
        resolve('too-large');
      } else if (first === undefined) first = chunk;
      else (chunks ??= [first]).push(chunk);
    });
    req.on('end', () => resolve(chunks === undefined ? (first ?? Buffer.alloc(0)) : Buffer.concat(chunks, bytes)));
    req.on('error', () => resolve('cut-off'));
  });
}
