import { expect, test } from 'vitest';
import { at, history, knownGood, remembered, settings, web } from '../../../test/fakes/remembered.ts';
import type { KnownGood } from '../../domain/known-good.ts';
import { bestOf } from './best.ts';

const moment = { now: at('12:10:00'), blameMs: 3_600_000 };
const [proven, short, shorter] = [7_200_000, 600_000, 120_000];
const good = (id: string, fields: Partial<KnownGood> = {}): KnownGood =>
  knownGood(id, { objects: { [web]: id, [settings]: 's1' }, ...fields });
/** In health until `seen`, for so long in all. */
const until = (id: string, seen: string, healthMs: number, fields: Partial<KnownGood> = {}): KnownGood =>
  good(id, { seenAt: at(seen), stampedAt: at(seen) - healthMs + 60_000, healthMs, ...fields });
const demoted = { demotedAt: at('12:05:00') };

const never = 'it was never seen healthy for long enough since Paramedic watches it: there is nothing to go back to';
const unchanged = (seen: string): string => `nothing changed since ${seen}Z, when it was seen healthy last`;

/** `now`: the versions of `web`, newest first. */
const answer = (now: readonly string[], ...knownGoods: readonly KnownGood[]): string => {
  const best = bestOf(remembered({ histories: [history(web, ...now)], knownGoods }), moment);
  return 'ok' in best ? best.reason : best.id;
};

test.each<[string, readonly KnownGood[], string]>([
  ['none', [], never],
  ['one, proven or not', [until('a', '12:00:00', shorter)], 'a'],
  ['two proven: the newest', [until('b', '12:00:00', proven), until('a', '09:00:00', proven * 2)], 'b'],
  ['an unproven one and an older proven one', [until('b', '12:00:00', short), until('a', '09:00:00', proven)], 'a'],
  ['two unproven: the longest', [until('b', '12:00:00', shorter), until('a', '11:00:00', short)], 'a'],
  [
    'one that failed, of long health, and a short one',
    [until('b', '12:00:00', proven, demoted), until('a', '11:00:00', shorter)],
    'a',
  ],
  [
    'only such that failed: the longest',
    [until('b', '12:00:00', shorter, demoted), until('a', '11:00:00', short, demoted)],
    'a',
  ],
])('what is there was never good; known-goods: %s', (_name, knownGoods, expected) => {
  expect(answer(['x 12:05:00 kubectl'], ...knownGoods)).toBe(expected);
});

test.each<[string, readonly KnownGood[], string]>([
  ['proven', [until('x', '12:09:00', proven), until('a', '09:00:00', proven)], unchanged('12:09:00')],
  ['the only one, and young', [until('x', '12:09:00', short)], unchanged('12:09:00')],
  ['young, after a proven one', [until('x', '12:09:00', short), until('a', '11:55:00', proven)], 'a'],
  ['young, after a shorter one', [until('x', '12:09:00', short), until('a', '11:55:00', shorter)], 'a'],
  [
    'young, after one that failed sooner',
    [until('x', '12:09:00', short), until('a', '11:55:00', shorter, demoted)],
    unchanged('12:09:00'),
  ],
  [
    'young, after one that failed later',
    [until('x', '12:09:00', shorter), until('a', '11:55:00', short, demoted)],
    'a',
  ],
  [
    'it failed, stamped long ago',
    [until('x', '12:09:00', short, { stampedAt: at('08:00:00'), ...demoted }), until('a', '11:55:00', short)],
    'a',
  ],
  [
    'seldom in health, but stamped long ago',
    [until('x', '12:09:00', short, { stampedAt: at('08:00:00') }), until('a', '07:00:00', short)],
    unchanged('12:09:00'),
  ],
])('what is there was stamped: %s', (_name, knownGoods, expected) => {
  expect(answer(['x 11:56:00 kubectl', 'a 09:00:00 helm'], ...knownGoods)).toBe(expected);
});

const old = until('x', '09:00:00', proven);
test.each<[string, readonly string[], readonly KnownGood[], string]>([
  [
    'a person, from a proven one',
    ['x 12:05:00 kubectl', 'b 09:30:00 helm'],
    [until('b', '12:04:00', proven), old],
    'b',
  ],
  ['us', ['x 12:05:00 paramedic', 'b 09:30:00 helm'], [until('b', '12:04:00', proven), old], unchanged('09:00:00')],
  [
    'a person, from one that was in health for less long',
    ['x 12:05:00 kubectl', 'b 11:50:00 helm'],
    [until('b', '12:04:00', short), old],
    unchanged('09:00:00'),
  ],
  [
    'a person, from one that failed',
    ['x 12:05:00 kubectl', 'b 09:30:00 helm'],
    [until('b', '12:04:00', proven * 2, demoted), old],
    unchanged('09:00:00'),
  ],
  [
    'a person, and it was in health again',
    ['x 12:05:00 kubectl', 'b 09:30:00 helm'],
    [until('x', '12:09:00', proven, { stampedAt: at('07:00:00') }), until('b', '12:04:00', proven)],
    unchanged('12:09:00'),
  ],
])('what is there was good long ago, and was put back by %s', (_name, now, knownGoods, expected) => {
  expect(answer(now, ...knownGoods)).toBe(expected);
});

test('what came into the graph is a change too', () => {
  const quota = 'kubernetes/prod/shop/resourcequota/block';
  const best = bestOf(remembered({ histories: [history(quota, 'q1 12:05:00 kubectl')], also: [quota] }), moment);
  expect(best).toMatchObject({ id: 'k1' });
});

test('one from before Secrets were sealed with another key is neither what is there, nor the best, while there is another', () => {
  const login = 'kubernetes/prod/shop/secret/login';
  const [former, fresh] = ['1'.repeat(8), '2'.repeat(8)];
  const of = (id: string, sealed: string, seen: string, healthMs: number) =>
    until(id, seen, healthMs, { objects: { [web]: 'w1', [settings]: 's1', [login]: `${sealed}a` } });
  const before = of('before', former, '12:00:00', proven);
  const after = of('after', fresh, '12:05:00', shorter);
  const answerTo = (version: string, ...knownGoods: readonly KnownGood[]) => {
    const histories = [history(web, 'w1 09:00:00 kubectl'), history(login, `${version} 12:06:00 kubectl`)];
    const best = bestOf(remembered({ histories, knownGoods, also: [login] }), moment);
    return 'ok' in best ? best.reason : best.id;
  };
  expect(answerTo(`${fresh}b`, after, before)).toBe('after');
  expect(answerTo(`${fresh}b`, before)).toBe('before');
  expect(answerTo(`${former}a`, before)).toBe(unchanged('12:00:00'));
});
