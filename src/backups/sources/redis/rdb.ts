import type { Examined } from '../../source-kind.ts';
import { createCrc64 } from './crc64.ts';
import { rdbKeys } from './rdb-keys.ts';

/** What stands behind the last key: a byte that says so, and the checksum of all before it. */
const [endOfKeys, checksumBytes] = [0xff, 8];
const footer = 1 + checksumBytes;

/** Where a Redis does not know beforehand how much it will send, as since 7.0, it sends a mark, and `redis-cli` leaves it in. */
const markBytes = 40;
const mark = /^[0-9a-f]{40}$/;

/** The last bytes without the mark behind them. */
function withoutMark(tail: Buffer): Buffer {
  const whole = tail.subarray(0, Math.max(0, tail.byteLength - markBytes));
  const isMarked =
    mark.test(tail.toString('latin1', whole.byteLength)) && whole[whole.byteLength - footer] === endOfKeys;
  return isMarked ? whole : tail;
}

/** Whether the last bytes can be the end of an RDB; that they are is for its checksum to say. */
export function endsAsRdb(tail: Buffer): boolean {
  const end = withoutMark(tail);
  return end.byteLength > footer && end[end.byteLength - footer] === endOfKeys;
}

/**
 * Reads all of an RDB, the file that Redis saves itself in, and compares its checksum. Counted are the keys that do not expire;
 * nothing where there is a kind of value in it that we do not know.
 */
export async function examineRdb(content: AsyncIterable<Buffer>): Promise<Examined> {
  const crc = createCrc64();
  const keys = rdbKeys();
  let [bytes, head] = [0, ''];
  /** The last bytes until now: the checksum is not part of what it is of, and nobody says beforehand where it begins. */
  let held = Buffer.alloc(0);
  for await (const chunk of content) {
    if (head.length < 9) head += chunk.toString('latin1', 0, 9 - head.length);
    bytes += chunk.byteLength;
    keys.add(chunk);
    const all = Buffer.concat([held, chunk]);
    const sure = Math.max(0, all.byteLength - footer - markBytes);
    crc.add(all.subarray(0, sure));
    held = all.subarray(sure);
  }
  if (!/^REDIS\d{4}$/.test(head)) return { refused: 'it does not begin as an RDB does' };
  const end = withoutMark(held);
  const sum = end.subarray(-checksumBytes);
  if (end.byteLength < footer || end[end.byteLength - footer] !== endOfKeys)
    return { refused: 'it does not end as an RDB does' };
  crc.add(end.subarray(0, -checksumBytes));
  const told = sum.readBigUInt64LE(0);
  // Redis can be told to write none (`rdbchecksum no`), and says so by a zero.
  if (told !== 0n && told !== crc.value()) return { refused: 'its checksum is not that of what is in it' };
  const lasting = keys.count();
  return { shape: { bytes, counts: lasting === undefined ? {} : { keys: lasting } } };
}
