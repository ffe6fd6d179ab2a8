import { expect, it } from 'vitest';
import { loadsRdb } from './rdb-version.ts';

const told = (version: string, more = '') => `# Server\r\nredis_version:${version}\r\n${more}redis_mode:standalone\r\n`;
const judged = (rdb: number, info: string) => loadsRdb('cache', info, `REDIS${String(rdb).padStart(4, '0')}\xfa\x09`);

it.each([
  ['2.8.24', 6],
  ['3.0.7', 6],
  ['3.2.13', 7],
  ['4.0.14', 8],
  ['5.0.14', 9],
  ['6.2.14', 9],
  ['7.0.15', 10],
  ['7.2.5', 11],
  ['7.4.1', 12],
  ['8.0.6', 12],
  ['8.4.5', 12],
  ['8.6.0', 13],
  ['8.8.1', 14],
])('Redis %s loads RDBs up to %d', (version, most) => {
  expect(judged(most, told(version))).toMatchObject({ ok: true });
  expect(judged(most - 1, told(version))).toMatchObject({ ok: true });
  expect(judged(most + 1, told(version))).toMatchObject({ ok: false });
});

it('what is refused is told with what would load it', () => {
  expect(judged(11, told('7.0.15')).reason).toBe(
    'the RDB is of version 11, and cache has Redis 7.0.15, which loads up to 10: nothing was touched; Redis 7.2 or newer loads it',
  );
  expect(judged(15, told('8.8.1')).reason).toMatch(/; a newer Redis loads it$/);
  // It says that it is Redis 7.2.4, and takes nothing that other ones have written since.
  expect(judged(12, told('7.2.4', 'server_name:valkey\r\nvalkey_version:9.0.1\r\n')).reason).toBe(
    'the RDB is of version 12, and cache has Valkey 9.0.1, which loads up to 11: nothing was touched; Redis 7.4 or newer loads it',
  );
});

it.each([
  ['is newer than we know', 'REDIS0015', told('8.10.0')],
  ['is of a new series', 'REDIS0020', told('9.0.0')],
  ['does not say what it is', 'REDIS0011', '# Server\r\n'],
  ['is older than we know', 'REDIS0011', told('2.4.0')],
  ['is asked before it is known what is brought back', '', told('7.0.15')],
])('nothing is refused of a Redis that %s', (_what, head, info) => {
  expect(loadsRdb('cache', info, head)).toMatchObject({
    ok: true,
    reason: expect.stringMatching(/ is not known beforehand$/),
  });
});
