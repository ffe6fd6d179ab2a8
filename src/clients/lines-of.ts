/** A line has more bytes than were allowed. */
export class LineTooLong extends Error {
  override readonly name = 'LineTooLong';
}

const newline = 10;

/**
 * The lines of a stream of UTF-8, each as soon as its end is there. A chunk may end anywhere, in the middle of a character
 * too: no other character has a byte that looks like a newline. What the last newline leaves is half a line, and dropped.
 * Throws LineTooLong, and what the stream throws.
 */
export async function* linesOf(chunks: AsyncIterable<Buffer>, mostBytes: number): AsyncGenerator<string, void> {
  let parts: Buffer[] = [];
  let bytes = 0;
  const take = (part: Buffer): void => {
    bytes += part.byteLength;
    if (bytes > mostBytes) throw new LineTooLong(`a line has more than ${mostBytes} bytes`);
    parts.push(part);
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      take(chunk.subarray(from, end));
      const line = Buffer.concat(parts).toString('utf8');
      parts = [];
      bytes = 0;
      from = end + 1;
      yield line;
    }
    take(chunk.subarray(from));
  }
}
