import { eachLine } from '../../each-line.ts';
import type { Examined } from '../../source-kind.ts';

/** `mysqldump` and `mariadb-dump` end what they write with it. */
const completed = /^-- Dump completed( on .*)?$/;

/** Whether a dump has come to its own end. `tail`: the last of its bytes. */
export function isComplete(tail: Buffer): boolean {
  const lines = tail.toString('utf8').trimEnd().split('\n');
  return completed.test(lines.at(-1) ?? '');
}

const letterC = 0x43;
const letterI = 0x49;

/** Reads a dump in SQL: its tables, and the statements that fill them. */
export async function examineDump(content: AsyncIterable<Buffer>): Promise<Examined> {
  let [tables, inserts, last] = [0, 0, ''];
  const bytes = await eachLine(content, (line) => {
    if (line.length > 0) last = line.toString('utf8', 0, 200);
    if (line[0] === letterC && line.toString('utf8', 0, 14) === 'CREATE TABLE `') tables += 1;
    if (line[0] === letterI && line.toString('utf8', 0, 13) === 'INSERT INTO `') inserts += 1;
  });
  if (!completed.test(last)) return { refused: 'the dump does not end as a whole one does' };
  return { shape: { bytes, counts: { tables, inserts } } };
}
