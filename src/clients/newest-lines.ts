const newline = 10;

/** The newest whole lines of a log, `maxBytes` of UTF-8 at most: a line whose beginning is not in them is left out. */
export function newestLines(log: Buffer, maxBytes: number): string {
  if (log.byteLength <= maxBytes) return log.toString('utf8');
  const from = log.byteLength - maxBytes;
  // Where a line ends just before, it begins with the first byte.
  const end = log.indexOf(newline, from - 1);
  return end < 0 ? '' : log.subarray(end + 1).toString('utf8');
}
