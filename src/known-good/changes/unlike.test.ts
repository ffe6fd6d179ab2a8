import { expect, test } from 'vitest';
import {
  at,
  history,
  knownGood,
  quota,
  remembered,
  settings,
  version,
  web,
  worker,
} from '../../../test/fakes/remembered.ts';
import type { ObjectHistory, Remembered } from '../../domain/known-good.ts';
import { rootsOf } from '../../domain/object-key.ts';
import { unlike } from './unlike.ts';

const moment = { now: at('12:10:00'), blameMs: 3_600_000 };
const other = 'kubernetes/prod/shop/deployment/api';

/** Of each object that differs: what it was, and what it is. */
const told = (all: Remembered, good = knownGood('k1')): readonly string[] =>
  unlike(all, good, moment).map(
    ({ history: { key }, good: was = 'nothing', is }) => `${key}: ${was} -> ${is?.hash ?? 'gone'}`,
  );

test('what is as it was is not among them', () => {
  expect(told(remembered())).toEqual([]);
});

test('what changed, came, and went is', () => {
  const all = remembered({
    histories: [
      history(web, 'w2 12:05:00 kubectl', 'w1 09:00:00 helm'),
      history(settings, 's1 09:00:00 helm', 'gone 12:06:00'),
      history(quota, 'q1 12:04:00 kubectl'),
    ],
    also: [quota],
  });
  expect(told(all)).toEqual([`${web}: w1 -> w2`, `${settings}: s1 -> gone`, `${quota}: nothing -> q1`]);
});

const login = 'kubernetes/prod/shop/secret/login';
test.each([
  ['1'.repeat(8), '1'.repeat(8), [`${login}: ${'1'.repeat(8)}a -> ${'1'.repeat(8)}b`]],
  // Sealed with another key, or otherwise: nobody can tell whether it is another.
  ['1'.repeat(8), '2'.repeat(8), []],
])('a Secret is, when both were sealed alike: %s and %s', (was, is, expected) => {
  const all = remembered({
    histories: [history(login, `${is}b 12:05:00 kubectl`, `${was}a 09:00:00 kubectl`)],
    also: [login],
  });
  const good = knownGood('k1');
  expect(told(all, { ...good, objects: { ...good.objects, [login]: `${was}a` } })).toEqual(expected);
});

test('a Secret that is gone is, however it was sealed', () => {
  const all = remembered({ histories: [history(login, 's1 09:00:00 kubectl', 'gone 12:06:00')], also: [login] });
  const good = knownGood('k1');
  expect(told(all, { ...good, objects: { ...good.objects, [login]: 's1' } })).toEqual([`${login}: s1 -> gone`]);
});

test('what is forgotten with its namespace is not', () => {
  expect(told(remembered({ objects: new Map(), also: [quota] }))).toEqual([]);
});

test('what was not there then and is gone again is not', () => {
  expect(
    told(remembered({ histories: [history(quota, 'q1 12:04:00 kubectl', 'gone 12:05:00')], also: [quota] })),
  ).toEqual([]);
});

test('another workload is not, but a root that may be at fault', () => {
  const all = remembered({ histories: [history(other, 'a2 12:05:00 kubectl')], also: [other, quota] });
  expect(told(all)).toEqual([]);
  expect(rootsOf(all)).toEqual([other]);
});

const twice = (...[is, was]: readonly string[]): ObjectHistory => ({
  key: quota,
  versions: [version(is ?? '', 'u2'), version(was ?? '', 'u1')],
});

test.each<[string, ObjectHistory, readonly string[]]>([
  ['long there, and the same, it is only mentioned since', history(quota, 'q1 09:00:00'), []],
  ['long there, it changed since', history(quota, 'q2 12:05:00', 'q1 09:00:00'), [`${quota}: q1 -> q2`]],
  [
    'made in the last second of health, as platforms tell time',
    history(quota, 'q1 12:00:00'),
    [`${quota}: nothing -> q1`],
  ],
  ['there once before, and made anew', twice('q1 12:05:00', 'q1 08:00:00'), [`${quota}: nothing -> q1`]],
])('what came into the graph: %s', (_name, one, expected) => {
  expect(told(remembered({ histories: [one], also: [quota] }))).toEqual(expected);
});

test.each<[string, ObjectHistory, readonly string[]]>([
  ['as it was', history(worker, 'n1 09:00:00'), []],
  ['tainted since', history(worker, 'n2 12:05:00 kubectl', 'n1 09:00:00'), [`${worker}: n1 -> n2`]],
  ['gone: nodes come and go', history(worker, 'n1 09:00:00', 'gone 12:01:00'), []],
])('a node: %s', (_name, one, expected) => {
  expect(told(remembered({ histories: [one] }), knownGood('k1', { nodes: { [worker]: 'n1' } }))).toEqual(expected);
});

test.each<[string, ObjectHistory, readonly string[]]>([
  ['within the blame window', history(worker, 'n2 11:50:00 kubectl', 'n1 09:00:00'), [`${worker}: n1 -> n2`]],
  ['before it', history(worker, 'n2 10:50:00 kubectl', 'n1 09:00:00'), []],
  ['by us', history(worker, 'n2 11:50:00 paramedic', 'n1 09:00:00'), []],
  ['as the first that is known of it', history(worker, 'n2 11:50:00'), []],
])('a node that changed %s while the target was in health', (_name, one, expected) => {
  expect(told(remembered({ histories: [one] }), knownGood('k1', { nodes: { [worker]: 'n2' } }))).toEqual(expected);
});
