import { expect, test } from 'vitest';
import { changeRows } from './change-rows.ts';

test('what becomes of what comes first, and nothing is left out', () => {
  const version = { revision: 4, set: { name: 'b', uid: 'u' }, hash: 'x' };
  const change = {
    kind: 'deployment',
    to: { ...version, revision: 3, set: { name: 'a', uid: 'u' }, added: true },
    from: { ...version, gone: null },
    pods: [{ name: 'p' }],
    none: [],
  };
  expect(changeRows(change)).toEqual([
    { path: 'revision', before: '4', after: '3' },
    { path: 'set.name', before: '"b"', after: '"a"' },
    { path: 'gone', before: 'null', after: 'absent' },
    { path: 'added', before: 'absent', after: 'true' },
    { path: 'set.uid', after: '"u"' },
    { path: 'hash', after: '"x"' },
    { path: 'kind', after: '"deployment"' },
    { path: 'pods[0].name', after: '"p"' },
    { path: 'none', after: '[]' },
  ]);
});

test('a secret is not shown, and that there is one is', () => {
  const env = [
    { name: 'DB_PASSWORD', value: 'hunter2-secret' },
    { name: 'TZ', value: 'UTC' },
  ];
  expect(changeRows({ env, args: ['--password=hunter2-secret'] })).toEqual([
    { path: 'env[0].name', after: '"DB_PASSWORD"' },
    { path: 'env[0].value', after: '"<redacted>"' },
    { path: 'env[1].name', after: '"TZ"' },
    { path: 'env[1].value', after: '"UTC"' },
    { path: 'args[0]', after: '"--password=<redacted>"' },
  ]);
});

test.each([
  [{ from: 2, to: 5 }, [{ path: '', before: '2', after: '5' }]],
  [{ job: { from: 'a', to: 'a' } }, [{ path: 'job', after: '"a"' }]],
  [{ from: 'alone' }, [{ path: 'from', after: '"alone"' }]],
  ['text', [{ path: '', after: '"text"' }]],
  [undefined, [{ path: '', after: 'absent' }]],
])('%j', (change, rows) => {
  expect(changeRows(change)).toEqual(rows);
});
