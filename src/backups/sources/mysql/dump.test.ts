import { describe, expect, test } from 'vitest';
import { examineDump, isComplete } from './dump.ts';

const whole = [
  '-- MariaDB dump 10.19  Distrib 10.11.6-MariaDB',
  'CREATE TABLE `orders` (',
  '  `id` int(11) NOT NULL',
  ');',
  "INSERT INTO `orders` VALUES (1),(2),('-- Dump completed');",
  'INSERT INTO `orders` VALUES (3);',
  '',
  '-- Dump completed on 2026-11-30  1:00:00',
  '',
].join('\n');

const examine = (text: string) =>
  examineDump(
    (async function* () {
      yield Buffer.from(text);
    })(),
  );

describe('a dump of MySQL or MariaDB', () => {
  test('is counted by its tables and what fills them', async () => {
    expect(await examine(whole)).toEqual({ shape: { bytes: whole.length, counts: { tables: 1, inserts: 2 } } });
  });

  test('that was cut anywhere before its last word is refused', async () => {
    for (let length = 0; length < whole.indexOf('-- Dump completed on') + '-- Dump completed'.length; length += 1)
      expect(await examine(whole.slice(0, length)), whole.slice(0, length)).toHaveProperty('refused');
  });

  test('has nothing after its end', () => {
    expect(isComplete(Buffer.from(whole))).toBe(true);
    expect(isComplete(Buffer.from('-- Dump completed\n'))).toBe(true);
    expect(isComplete(Buffer.from(`${whole}mysqldump: Got error: 2013`))).toBe(false);
    expect(isComplete(Buffer.alloc(0))).toBe(false);
  });
});
