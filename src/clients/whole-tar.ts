import type { Look } from './handed-on.ts';

const blockBytes = 512;
/** No header of a sane archive says more about one file. */
const longestExtension = 1024 * 1024;
/** Links, devices, directories, pipes: whatever size they tell, nothing follows. */
const bodiless = '123456';

/** It is no uncompressed tar. */
export class NoTar extends Error {
  override readonly name = 'NoTar';
}

/** It ends before its end marker. */
export class TarCutShort extends Error {
  override readonly name = 'TarCutShort';
}

/**
 * A tar as it comes; throws TarCutShort when it ends without the two empty blocks that end one, which no byte in a file can
 * be taken for, and NoTar. Whoever fails in the middle of writing one often ends it as if all were well.
 */
export async function* wholeTar(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  const look = tarLook();
  for await (const chunk of chunks) yield look.take(chunk);
  look.end();
}

/** The same, for who has the chunks. */
export function tarLook(): Look {
  /** A header, or the extension of one, that is not there whole. */
  let held: Buffer[] = [];
  let wanted = blockBytes;
  let isExtension = false;
  let skip = 0;
  let emptyBlocks = 0;
  /** What an extension told of the next file: a header has no room for 8 GiB. */
  let toldSize: number | undefined;

  const isOver = (): boolean => emptyBlocks >= 2;

  function header(block: Buffer): void {
    wanted = blockBytes;
    if (block.every((byte) => byte === 0)) {
      emptyBlocks += 1;
      return;
    }
    if (emptyBlocks > 0 || !isHeader(block)) throw new NoTar('an entry of the archive has no header');
    const type = String.fromCharCode(block.readUInt8(156));
    const size = sizeIn(block);
    if (!Number.isSafeInteger(size)) throw new NoTar('an entry of the archive has no size');
    if (type === 'x') {
      if (size > longestExtension) throw new NoTar('an entry of the archive has too large a header');
      isExtension = size > 0;
      wanted = isExtension ? padded(size) : blockBytes;
      return;
    }
    // What is long about a name, or is said of all files, stands between a header and what was told before it.
    const isAside = 'gLK'.includes(type);
    skip = bodiless.includes(type) ? 0 : padded(isAside ? size : (toldSize ?? size));
    if (!isAside) toldSize = undefined;
  }

  function whole(bytes: Buffer): void {
    if (!isExtension) return header(bytes);
    isExtension = false;
    wanted = blockBytes;
    const told = /(?:^|\n)\d+ size=(\d+)\n/.exec(bytes.toString('latin1'))?.[1];
    if (told !== undefined) toldSize = Number(told);
  }

  return {
    take(chunk) {
      let rest = chunk;
      while (rest.byteLength > 0 && !isOver()) {
        const bytes = rest.subarray(0, skip > 0 ? skip : wanted);
        rest = rest.subarray(bytes.byteLength);
        if (skip > 0) {
          skip -= bytes.byteLength;
          continue;
        }
        // A copy: it is held beyond its chunk.
        held.push(Buffer.from(bytes));
        wanted -= bytes.byteLength;
        if (wanted > 0) continue;
        const block = Buffer.concat(held);
        held = [];
        whole(block);
      }
      return chunk;
    },
    end() {
      if (!isOver()) throw new TarCutShort('the archive has no end');
    },
  };
}

const padded = (size: number): number => Math.ceil(size / blockBytes) * blockBytes;

/** The sum of its bytes, with spaces in place of the sum. */
function isHeader(block: Buffer): boolean {
  const sum = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  return sum === octal(block.subarray(148, 156));
}

/** Octal digits; or, where the highest bit is set, a binary number. */
function sizeIn(block: Buffer): number {
  const field = block.subarray(124, 136);
  if ((field.readUInt8(0) & 0x80) === 0) return octal(field);
  return Number(field.readBigUInt64BE(4));
}

const octal = (field: Buffer): number =>
  Number.parseInt(field.toString('latin1').replaceAll('\0', ' ').trim() || '0', 8);
