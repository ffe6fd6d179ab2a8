import { expect, test } from 'vitest';
import { at, settings, web, worker } from '../../../test/fakes/remembered.ts';
import type { Change } from '../../domain/known-good.ts';
import { burstsOf } from './bursts.ts';

const other = 'kubernetes/prod/node/worker-2';
const api = 'kubernetes/prod/shop/deployment/api';

/** `12:03:00 bob KEY PATH` */
const change = (text: string): Change => {
  const [time = '', by = '', object = '', path = ''] = text.split(' ');
  return { object, what: 'changed', path, at: at(time), by: by === '-' ? '' : by, distance: 1 };
};
const told = (...texts: readonly string[]): readonly string[] =>
  burstsOf(texts.map(change)).map(
    ({ by, at: newest, changes }) => `${by} ${(newest - at('12:00:00')) / 1000}: ${changes.length}`,
  );

test.each<[string, readonly string[], readonly string[]]>([
  ['nothing', [], []],
  ['one hand within 30 s, over objects', [`12:00:00 bob ${web} /a`, `12:00:30 bob ${settings} /b`], ['bob 30: 2']],
  ['one hand, later', [`12:00:00 bob ${web} /a`, `12:00:31 bob ${settings} /b`], ['bob 31: 1', 'bob 0: 1']],
  ['a chain', [`12:00:00 bob ${web} /a`, `12:00:25 bob ${settings} /b`, `12:00:50 bob ${web} /c`], ['bob 50: 3']],
  ['two hands on different kinds', [`12:00:00 bob ${web} /a`, `12:00:01 eve ${settings} /b`], ['eve 1: 1', 'bob 0: 1']],
  [
    'two hands in each other',
    [`12:00:00 bob ${web} /a`, `12:00:05 eve ${settings} /b`, `12:00:25 bob ${web} /c`],
    ['bob 25: 2', 'eve 5: 1'],
  ],
  [
    'the same done to two nodes',
    [`12:00:00 cordon ${worker} /s`, `12:00:08 taint ${other} /t`],
    ['taint, cordon 8: 2'],
  ],
  ['things of one kind, later', [`12:00:00 bob ${web} /a`, `12:00:11 eve ${api} /a`], ['eve 11: 1', 'bob 0: 1']],
  [
    'a kind that joins two acts',
    [`12:00:00 bob ${settings} /a`, `12:00:20 bob ${worker} /a`, `12:00:22 eve ${other} /a`],
    ['eve, bob 22: 3'],
  ],
  ['nobody known', [`12:00:00 - ${web} /a`, `12:00:20 - ${settings} /b`], [' 20: 2']],
])('%s', (_name, texts, expected) => {
  expect(told(...texts)).toEqual(expected);
});

test('the same places have the same id, whenever it was', () => {
  const ids = (...texts: readonly string[]) => burstsOf(texts.map(change)).map(({ id }) => id);
  const one = ids(`12:00:00 bob ${web} /a`, `12:00:01 bob ${settings} /b`);
  expect(one).toEqual([expect.stringMatching(/^[0-9a-f]{16}$/)]);
  expect(ids(`13:00:00 eve ${settings} /b`, `13:00:05 eve ${web} /a`)).toEqual(one);
  expect(ids(`12:00:00 bob ${web} /a`, `12:00:01 bob ${settings} /c`)).not.toEqual(one);
});
