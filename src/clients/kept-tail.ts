/** The last bytes of what was added. */
export interface KeptTail {
  add(part: Buffer): void;
  bytes(): Buffer;
  /** As UTF-8, from the first whole character on. */
  text(): string;
}

/** Holds no more than twice `maxBytes` at any time. */
export function keptTail(maxBytes: number): KeptTail {
  let parts: Buffer[] = [];
  let size = 0;
  const compact = (): Buffer => {
    const tail = Buffer.concat(parts).subarray(-maxBytes);
    parts = [tail];
    size = tail.byteLength;
    return tail;
  };
  return {
    add(part) {
      // A copy: a few bytes of a chunk would hold on to all of it.
      const last = Buffer.from(part.subarray(-maxBytes));
      parts.push(last);
      size += last.byteLength;
      if (size > 2 * maxBytes) compact();
    },
    bytes: compact,
    text() {
      const tail = compact();
      let from = 0;
      // The rest of a character that was cut in two.
      while (from < 3 && ((tail[from] ?? 0) & 0xc0) === 0x80) from += 1;
      return tail.toString('utf8', from);
    },
  };
}
