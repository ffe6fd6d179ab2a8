/** One entry of a ustar archive. */
export interface TarEntry {
  readonly path: string;
  /** 0 is a file, 2 a symbolic link, 5 a directory, x what the header has no room for. */
  readonly type: '0' | '2' | '5' | 'x' | 'L';
  /** Octal; 0644 when absent, 0755 of a directory. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Where a symbolic link leads. */
  readonly link?: string;
  readonly body?: Buffer;
  /** What the header says of the body's length, when it is not that. */
  readonly size?: number;
}

const block = 512;

/** What a whole archive ends with. */
export const tarEnd = Buffer.alloc(2 * block);

/** A header, and the body up to the end of its last block. */
export function tarEntry(entry: TarEntry): Buffer {
  const { type, body = Buffer.alloc(0) } = entry;
  const header = Buffer.alloc(block);
  const octal = (value: number, digits: number, at: number): void => {
    header.write(`${value.toString(8).padStart(digits, '0')}\0`, at);
  };
  header.write(entry.path, 0);
  octal(entry.mode ?? (type === '5' ? 0o755 : 0o644), 7, 100);
  octal(entry.uid ?? 0, 7, 108);
  octal(entry.gid ?? 0, 7, 116);
  octal(entry.size ?? body.byteLength, 11, 124);
  octal(0, 11, 136);
  header.write('        ', 148);
  header.write(type, 156);
  header.write(entry.link ?? '', 157);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, body, Buffer.alloc((block - (body.byteLength % block)) % block)]);
}
