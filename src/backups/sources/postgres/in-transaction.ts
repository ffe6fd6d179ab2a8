import { copying, isComplete } from './dump.ts';

/** Of a line longer than that nothing is looked for. */
const longest = 64 * 1024;
const tailBytes = 64 * 1024;
const newline = 10;
const [letterC, backslash] = [0x43, 0x5c];
/** What stands above large objects: they are the one thing that a dump opens and closes a transaction of its own around. */
const largeObjects = /^-- Data for Name: .+; Type: BLOBS;/;
/** A dump says before all else that it waits for locks for ever. */
const waitsForEver = 'SET lock_timeout = 0;';
const anyHeading = /^-- (Data for )?Name: .+; Type: /;

/** So long it waits for whoever uses a table, s: behind what waits for one, all that the application asks of it waits too. */
export const lockTimeoutS = 30;

/**
 * A dump in one transaction, for `psql` to read. Its end is sent only when `dump` has ended well, and as a whole one does:
 * whatever breaks before leaves what was there, for a server undoes what nobody has ended. `psql --single-transaction`
 * could not do that: to it, a connection that breaks is the end of its input. Throws what `dump` throws; an Error when it is
 * not whole.
 */
export async function* inTransaction(dump: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  const lines = ownTransactions();
  let tail = Buffer.alloc(0);
  yield Buffer.from(`BEGIN;\nSET LOCAL lock_timeout = '${lockTimeoutS}s';\n`);
  for await (const chunk of dump) {
    tail = Buffer.concat([tail, chunk.subarray(-tailBytes)]).subarray(-tailBytes);
    yield* lines.without(chunk);
  }
  yield* lines.rest();
  if (!isComplete(tail)) throw new Error('the dump does not end as a whole one does: nothing of it was taken');
  yield Buffer.from('\nCOMMIT;\n');
}

/** Passes lines on, but for those that begin and end the transactions that a dump has of its own, and for its time for locks. */
function ownTransactions() {
  let begun: Buffer = Buffer.alloc(0);
  /** Where we are: a row of a table, below the heading of large objects, in a line that is too long to be looked at. */
  let [inTable, inObjects, inLong] = [false, false, false];
  /** What comes first in a dump, before the first thing that it makes. */
  let inHead = true;

  function isOwn(line: Buffer): boolean {
    if (inTable) {
      if (line.length === 2 && line[0] === backslash && line[1] === 0x2e) inTable = false;
      return false;
    }
    if (line[0] === letterC && copying.test(line.toString('utf8'))) inTable = true;
    if (line.length > 200) return false;
    const text = line.toString('utf8');
    if (anyHeading.test(text)) [inHead, inObjects] = [false, largeObjects.test(text)];
    if (inHead && text === waitsForEver) return true;
    return inObjects && (text === 'BEGIN;' || text === 'COMMIT;');
  }

  return {
    *without(chunk: Buffer): Generator<Buffer, void> {
      const bytes = begun.byteLength === 0 ? chunk : Buffer.concat([begun, chunk]);
      let [passed, from] = [0, 0];
      for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, from)) {
        if (inLong) inLong = false;
        else if (isOwn(bytes.subarray(from, end))) {
          if (from > passed) yield bytes.subarray(passed, from);
          passed = end + 1;
        }
        from = end + 1;
      }
      const isLong = inLong || bytes.byteLength - from > longest;
      const upTo = isLong ? bytes.byteLength : from;
      if (upTo > passed) yield bytes.subarray(passed, upTo);
      // A row is long, a name of a table is not: what was begun and is passed on is none of what is looked for.
      inLong = isLong;
      begun = isLong ? Buffer.alloc(0) : Buffer.from(bytes.subarray(from));
    },
    *rest(): Generator<Buffer, void> {
      if (begun.byteLength > 0) yield begun;
    },
  };
}
