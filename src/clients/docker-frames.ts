/** The stream carried something else than an engine's frames. */
export class NoFrame extends Error {
  override readonly name = 'NoFrame';
}

/** Whose output: of the process, or of the engine itself, which failed while it passed it on. */
export type FrameSource = 'stdout' | 'stderr' | 'engine';

/** What one chunk had of one frame. It shares the chunk's memory. */
export interface FramePart {
  readonly of: FrameSource;
  readonly bytes: Buffer;
}

export interface FrameReader {
  /** What is in the next chunk, which may end anywhere. Throws NoFrame. */
  take(chunk: Buffer): FramePart[];
  /** Whether the last frame is over: no frame is cut in two there. */
  isBetween(): boolean;
}

const headerBytes = 8;
const sources: readonly (FrameSource | undefined)[] = [undefined, 'stdout', 'stderr', 'engine'];

/**
 * Takes an engine's frames apart: each has a header of 8 bytes, which says what it is of and how long it is. It holds
 * nothing but a header in the making (dockerode's own way copies all it has at each chunk, and heeds no backpressure).
 */
export function frameReader(): FrameReader {
  let header = Buffer.alloc(0);
  let of: FrameSource = 'stdout';
  let left = 0;

  function begin(): void {
    // Three bytes are always zero.
    const source = header.readUIntBE(1, 3) === 0 ? sources[header.readUInt8(0)] : undefined;
    if (source === undefined) throw new NoFrame('a frame has no header');
    of = source;
    left = header.readUInt32BE(4);
    header = Buffer.alloc(0);
  }
  return {
    take(chunk) {
      const parts: FramePart[] = [];
      let rest = chunk;
      while (rest.byteLength > 0) {
        if (left > 0) {
          const bytes = rest.subarray(0, left);
          left -= bytes.byteLength;
          rest = rest.subarray(bytes.byteLength);
          parts.push({ of, bytes });
          continue;
        }
        const more = rest.subarray(0, headerBytes - header.byteLength);
        header = Buffer.concat([header, more]);
        rest = rest.subarray(more.byteLength);
        if (header.byteLength === headerBytes) begin();
      }
      return parts;
    },
    isBetween: () => left === 0 && header.byteLength === 0,
  };
}
