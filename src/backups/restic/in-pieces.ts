import type { Writable } from 'node:stream';

const pieceBytes = 256 * 1024;
/** Restic takes much at once, works at that, and is not to wait for the next one then. */
const mostPieces = 16;

export interface Pieces {
  /** Copies what is to be written. */
  add(chunk: Buffer): void;
  /** Nothing should be added until there is room, though it would be taken. */
  isFull(): boolean;
  /** Writes what was held back, for it to become more. */
  flush(): void;
}

/**
 * Writes in pieces that are used again once they were taken; `onTaken`: after each. (What waits is bounded so, whatever size
 * chunks have, and goes out in few writes.)
 */
export function inPieces(to: Writable, onTaken: () => void): Pieces {
  const free: Buffer[] = [];
  let piece: Buffer | undefined;
  let [filled, writing] = [0, 0];

  function write(): void {
    if (piece === undefined) return;
    const written = piece;
    const bytes = written.subarray(0, filled);
    piece = undefined;
    filled = 0;
    writing += 1;
    to.write(bytes, () => {
      writing -= 1;
      if (free.length < mostPieces) free.push(written);
      if (writing === 0) write();
      onTaken();
    });
  }
  return {
    add(chunk) {
      for (let at = 0; at < chunk.byteLength;) {
        piece ??= free.pop() ?? Buffer.allocUnsafeSlow(pieceBytes);
        const copied = chunk.copy(piece, filled, at);
        at += copied;
        filled += copied;
        if (filled === pieceBytes) write();
      }
      // Who has nothing to do gets what there is.
      if (writing === 0) write();
    },
    isFull: () => writing >= mostPieces,
    flush: write,
  };
}
