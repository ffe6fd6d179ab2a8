import type { Examined } from '../../source-kind.ts';
import { createCrc64 } from './crc64.ts';

/** What stands behind the last key: a byte that says so, and the checksum of all before it. */
const [endOfKeys, checksumBytes] = [0xff, 8];
const footer = 1 + checksumBytes;

/** Whether the last bytes can be the end of an RDB; that they are is for its checksum to say. */
export const endsAsRdb = (tail: Buffer): boolean =>
  tail.byteLength > footer && tail[tail.byteLength - footer] === endOfKeys;

/** Reads all of an RDB, the file that Redis saves itself in, and compares its checksum. */
export async function examineRdb(content: AsyncIterable<Buffer>): Promise<Examined> {
  const crc = createCrc64();
  let [bytes, head] = [0, ''];
  /** The last bytes until now: the checksum is not part of what it is of, and nobody says beforehand where it begins. */
  let held = Buffer.alloc(0);
  for await (const chunk of content) {
    if (head.length < 9) head += chunk.toString('latin1', 0, 9 - head.length);
    bytes += chunk.byteLength;
    const all = Buffer.concat([held, chunk]);
    const sure = Math.max(0, all.byteLength - footer);
    crc.add(all.subarray(0, sure));
    held = all.subarray(sure);
  }
  if (!/^REDIS\d{4}$/.test(head)) return { refused: 'it does not begin as an RDB does' };
  if (held.byteLength < footer || held[0] !== endOfKeys) return { refused: 'it does not end as an RDB does' };
  crc.add(held.subarray(0, 1));
  const told = held.readBigUInt64LE(1);
  // Redis can be told to write none (`rdbchecksum no`), and says so by a zero.
  if (told !== 0n && told !== crc.value()) return { refused: 'its checksum is not that of what is in it' };
  return { shape: { bytes, counts: {} } };
}
