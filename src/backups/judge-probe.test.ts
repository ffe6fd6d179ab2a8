import { expect, test } from 'vitest';
import { judgeProbe } from './judge-probe.ts';

const ended = (stdout: string, exitCode = 0, stderr = '') => ({ stdout, exitCode, stderr });
const query = { ask: { query: 'select count(*)\n  from orders' } };

test.each([
  [query, ended('42\n'), true, 'the probe "select count(*) from orders" said "42"'],
  [{ ...query, atLeast: 42 }, ended(' 42 | more\n'), true, 'the probe "select count(*) from orders" said "42 | more"'],
  [
    { ...query, atLeast: 43 },
    ended('42'),
    false,
    'the probe "select count(*) from orders" said 42, and at least 43 are expected',
  ],
  [
    { ...query, atLeast: 0 },
    ended(''),
    false,
    'the probe "select count(*) from orders" has to say a number, and said ""',
  ],
  [
    { ask: { command: ['check', '--all'] as const }, matches: '^ok$' },
    ended('ok\n'),
    true,
    'the probe check said "ok"',
  ],
  [
    { ask: { command: ['check'] as const }, matches: '^ok$' },
    ended('not ok'),
    false,
    'the probe check said "not ok", which does not match ^ok$',
  ],
  [{ ask: { command: ['check'] as const } }, ended(''), true, 'the probe check said nothing, and ended well'],
  [
    { ...query, atLeast: 1 },
    ended('7', 3, 'no such table\n'),
    false,
    'the probe "select count(*) from orders" ended with exit code 3: no such table',
  ],
] as const)('%j, which ended %j, is %s', (probe, end, ok, reason) => {
  expect(judgeProbe(probe, end)).toEqual({ ok, reason });
});
