import { eachLine } from '../../each-line.ts';
import type { Examined } from '../../source-kind.ts';

/** Both programs end what they write with it: `pg_dump`, `pg_dumpall`. */
const completed = /^-- PostgreSQL database (cluster )?dump complete$/;
/** What may follow: comments, and what newer versions close their dumps with. */
const afterwards = /^(|--.*|\\unrestrict \w+)$/;

/** Whether a dump has come to its own end. `tail`: the last of its bytes, some kilobytes of them. */
export function isComplete(tail: Buffer): boolean {
  const lines = tail.toString('utf8').split('\n');
  const end = lines.findLastIndex((line) => completed.test(line));
  return end >= 0 && lines.slice(end + 1).every((line) => afterwards.test(line));
}

export const copying = /^COPY .+ FROM stdin;$/;
const [letterC, backslash] = [0x43, 0x5c];

/** Reads a dump in plain SQL: its tables, and the rows that are copied into them. */
export async function examineDump(content: AsyncIterable<Buffer>): Promise<Examined> {
  let [tables, rows] = [0, 0];
  let inTable = false;
  let last: string[] = [];
  const bytes = await eachLine(content, (line) => {
    if (inTable) {
      if (line.length === 2 && line[0] === backslash && line[1] === 0x2e) inTable = false;
      else rows += 1;
      return;
    }
    // Only the last lines tell of the end, and no row is among them.
    if (line.length < 200) last = [...last.slice(-20), line.toString('utf8')];
    if (line[0] !== letterC) return;
    const text = line.toString('utf8');
    if (text.startsWith('CREATE TABLE ') || text.startsWith('CREATE UNLOGGED TABLE ')) tables += 1;
    else if (copying.test(text)) inTable = true;
  });
  if (inTable) return { refused: 'the dump ends in the middle of a table' };
  if (!isComplete(Buffer.from(last.join('\n')))) return { refused: 'the dump does not end as a whole one does' };
  return { shape: { bytes, counts: { tables, rows } } };
}
