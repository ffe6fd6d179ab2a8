const newline = 10;

/**
 * Calls `onLine` for each line of a stream, without its newline, and answers how many bytes there were. The buffer is only
 * good for as long as the call. A last line without a newline is one, too. Lines are cut at `longest` bytes: what is looked for stands at
 * their beginning, and a dump has rows of any size.
 */
export async function eachLine(
  content: AsyncIterable<Buffer>,
  onLine: (line: Buffer) => void,
  longest = 64 * 1024,
): Promise<number> {
  let bytes = 0;
  let begun: Buffer[] = [];
  let length = 0;
  const keep = (part: Buffer): void => {
    if (length < longest) begun.push(part);
    length += part.byteLength;
  };
  for await (const chunk of content) {
    bytes += chunk.byteLength;
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      const part = chunk.subarray(from, end);
      if (length === 0) onLine(part);
      else {
        keep(part);
        onLine(Buffer.concat(begun));
        begun = [];
        length = 0;
      }
      from = end + 1;
    }
    if (from < chunk.byteLength) keep(chunk.subarray(from));
  }
  if (length > 0) onLine(Buffer.concat(begun));
  return bytes;
}
