/** The polynomial that Redis has its checksums by (Jones), reflected, in two halves. */
const [high, low] = [0x95ac9329, 0xac4bc9b5];

const tables = ((): { readonly upper: Uint32Array; readonly lower: Uint32Array } => {
  const [upper, lower] = [new Uint32Array(256), new Uint32Array(256)];
  for (let byte = 0; byte < 256; byte += 1) {
    let [h, l] = [0, byte];
    for (let bit = 0; bit < 8; bit += 1) {
      const carries = (l & 1) === 1;
      l = (l >>> 1) | ((h & 1) << 31);
      h >>>= 1;
      if (carries) [h, l] = [h ^ high, l ^ low];
    }
    upper[byte] = h >>> 0;
    lower[byte] = l >>> 0;
  }
  return { upper, lower };
})();

/** A checksum over what it is given, piece by piece. */
export function createCrc64(): { add(bytes: Uint8Array): void; value(): bigint } {
  const { upper, lower } = tables;
  let [h, l] = [0, 0];
  return {
    add(bytes) {
      for (const byte of bytes) {
        const at = (l ^ byte) & 0xff;
        l = ((l >>> 8) | (h << 24)) ^ (lower[at] ?? 0);
        h = (h >>> 8) ^ (upper[at] ?? 0);
      }
    },
    value: () => (BigInt(h >>> 0) << 32n) | BigInt(l >>> 0),
  };
}
