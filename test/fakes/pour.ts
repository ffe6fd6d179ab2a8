import type { Writable } from 'node:stream';

/** What is written, piece by piece, as fast as it is taken. */
export interface Pouring {
  /** How many bytes have left for good: they are in the kernel's hands, or beyond. */
  taken(): number;
}

/** Writes all, in pieces of 64 KiB, each after the one before was taken, and ends it. */
export function pour(into: Writable, all: Buffer): Pouring {
  let taken = 0;
  const next = (): void => {
    const piece = all.subarray(taken, taken + 65_536);
    if (piece.byteLength === 0) return void into.end();
    return void into.write(piece, (error) => {
      if (error) return;
      taken += piece.byteLength;
      next();
    });
  };
  next();
  return { taken: () => taken };
}
