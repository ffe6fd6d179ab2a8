import { expect, test } from 'vitest';
import {
  at,
  contentsOf,
  history,
  knownGood,
  memoryOf,
  quota,
  remembered,
  settings,
  web,
} from '../../../test/fakes/remembered.ts';
import type { Change, Content, KnownGood, ObjectHistory, Remembered } from '../../domain/known-good.ts';
import { changesSince, type Contents, wantedContents } from './changes-since.ts';
import { readChanges } from './read-changes.ts';
import { unlike } from './unlike.ts';

const moment = { now: at('12:10:00'), blameMs: 3_600_000 };
const good = knownGood('k1');
const data = (values: Readonly<Record<string, string>>): Content => ({ data: values });
const contents = contentsOf(
  [settings, 's1', data({ MODE: 'ok', SIZE: '1' })],
  [settings, 's2', data({ MODE: 'broken', SIZE: '1' })],
  [settings, 's3', data({ MODE: 'broken', SIZE: '2' })],
  [web, 'w1', { spec: { replicas: 1 } }],
  [quota, 'q1', { spec: { hard: { pods: '0' } } }],
);

/** As they are read: what is unlike the known-good first. */
const since = (all: Remembered, known: KnownGood, read: Contents): readonly Change[] =>
  changesSince(all, unlike(all, known, moment), read);
const changes = (one: ObjectHistory, also: readonly string[] = []): readonly Change[] =>
  since(remembered({ histories: [one], also }), good, contents);
const mode = { object: settings, what: 'changed', path: '/data/MODE', before: 'ok', after: 'broken', distance: 1 };
const size = { object: settings, what: 'changed', path: '/data/SIZE', before: '1', after: '2', distance: 1 };

test('nothing changed', () => {
  expect(changes(history(settings, 's1 09:00:00 helm'))).toEqual([]);
});

test('each path has the time and the hand that made it as it is', () => {
  const one = history(settings, 's3 12:06:00 bob', 's2 12:03:00 alice', 's1 09:00:00 helm');
  expect(changes(one)).toEqual([
    { ...mode, at: at('12:03:00'), by: 'alice' },
    { ...size, at: at('12:06:00'), by: 'bob' },
  ]);
});

test.each<[string, readonly string[], [string, string]]>([
  [
    'somebody made it so again',
    ['s2 12:06:00 bob', 's1 12:05:00 eve', 's2 12:03:00 alice', 's1 09:00:00'],
    ['12:06:00', 'bob'],
  ],
  [
    'after we had put it back',
    ['s2 12:06:00 bob', 's1 12:05:00 paramedic', 's2 12:03:00 alice', 's1 09:00:00'],
    ['12:06:00', 'bob'],
  ],
  [
    'we undid what we had put back',
    ['s2 12:06:00 paramedic', 's1 12:05:00 paramedic', 's2 12:03:00 alice', 's1 09:00:00'],
    ['12:03:00', 'alice'],
  ],
  [
    'we undid it twice',
    [
      's2 12:08:00 paramedic',
      's1 12:07:00 paramedic',
      's2 12:06:00 paramedic',
      's1 12:05:00 paramedic',
      's2 12:03:00 alice',
      's1 09:00:00',
    ],
    ['12:03:00', 'alice'],
  ],
  [
    'we made it so, and nobody before',
    ['s2 12:06:00 paramedic', 's1 12:05:00 paramedic', 's1 09:00:00'],
    ['12:06:00', 'paramedic'],
  ],
  [
    'we took back what somebody else had made',
    ['s2 12:06:00 paramedic', 's1 12:05:00 paramedic', 's1 12:04:00 eve', 's2 12:03:00 alice', 's1 09:00:00'],
    ['12:06:00', 'paramedic'],
  ],
  ['what was before is kept no more', ['s2 12:06:00 bob', 'sx 12:03:00 alice', 's1 09:00:00'], ['12:06:00', 'bob']],
])('since when: %s', (_name, versions, [time, by]) => {
  expect(changes(history(settings, ...versions))).toEqual([{ ...mode, at: at(time), by }]);
});

test('what went, with what it was', () => {
  const one = history(settings, 's2 12:03:00 alice', 's1 09:00:00 helm', 'gone 12:05:00');
  const before = data({ MODE: 'ok', SIZE: '1' });
  const gone = { object: settings, what: 'disappeared', path: '', before, at: at('12:05:00'), by: '', distance: 1 };
  expect(changes(one)).toEqual([gone]);
});

test('what came, since it was made', () => {
  const after = { spec: { hard: { pods: '0' } } };
  const came = { object: quota, what: 'appeared', path: '', after, at: at('12:04:00'), by: 'bob', distance: 1 };
  expect(changes(history(quota, 'q1 12:06:00 eve', 'q0 12:04:00 bob'), [quota])).toEqual([came]);
});

test('without the content of one side it is one change, of the whole object', () => {
  const before = data({ MODE: 'ok', SIZE: '1' });
  const whole = { object: settings, what: 'changed', path: '', before, at: at('12:04:00'), by: 'bob', distance: 1 };
  expect(changes(history(settings, 's9 12:04:00 bob', 's1 09:00:00'))).toEqual([whole]);
});

test('what is out of its graph by now is one step away, and itself none', () => {
  const all = remembered({ histories: [history(settings, 's2 12:03:00 alice', 's1 09:00:00')], graph: [] });
  expect(since(all, good, contents)).toMatchObject([{ distance: 1 }]);
  const gone = remembered({ histories: [history(web, 'w1 09:00:00', 'gone 12:03:00')], graph: [] });
  expect(since(gone, good, contents)).toMatchObject([{ object: web, distance: 0 }]);
});

test('what the platform gives is no change', () => {
  const service = 'kubernetes/prod/shop/service/web';
  const spec = (clusterIP: string, targetPort: number): Content => ({
    spec: { clusterIP, ports: [{ port: 80, targetPort }] },
  });
  const all = (hash: string) =>
    since(
      remembered({ histories: [history(service, `${hash} 12:03:00 bob`, 'v1 09:00:00')] }),
      knownGood('k1', { objects: { [service]: 'v1' } }),
      contentsOf(
        [service, 'v1', spec('10.0.0.1', 80)],
        [service, 'v2', spec('10.0.0.2', 80)],
        [service, 'v3', spec('10.0.0.3', 81)],
      ),
    );
  expect(all('v2')).toEqual([]);
  expect(all('v3')).toMatchObject([{ path: '/spec/ports' }]);
});

test('only the contents that are needed are asked for, each once', () => {
  const of = (one: ObjectHistory, also: readonly string[] = []) =>
    wantedContents(unlike(remembered({ histories: [one], also }), good, moment)).map(
      ({ key, hash }) => `${key.split('/').at(-1)} ${hash}`,
    );
  expect(of(history(settings, 's1 09:00:00'))).toEqual([]);
  const back = history(settings, 's2 12:06:00', 's3 12:05:00', 's2 12:04:00', 's1 09:00:00', 's0 08:00:00');
  expect(of(back)).toEqual(['settings s1', 'settings s2', 'settings s3']);
  expect(of(history(settings, 's2 12:06:00', 's1 09:00:00', 'gone 12:07:00'))).toEqual(['settings s1']);
  expect(of(history(quota, 'q1 12:06:00', 'q0 12:05:00'), [quota])).toEqual(['block q1']);
});

test('200 objects with 10 versions each', async () => {
  const keys = Array.from({ length: 200 }, (_, index) => `kubernetes/prod/shop/configmap/c${index}`);
  const hashes = Array.from({ length: 10 }, (_, index) => `h${10 - index}`);
  const values = (hash: string) =>
    Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`K${index}`, index < 5 ? hash : 'same']));
  const all = contentsOf(
    ...keys.flatMap((key) => hashes.map((hash): [string, string, Content] => [key, hash, data(values(hash))])),
  );
  const large = remembered({
    histories: keys.map((key) => history(key, ...hashes.map((hash, index) => `${hash} 12:0${9 - index}:00 bob`))),
    graph: keys.map((key) => ({ key, distance: 1, why: 'envFrom' })),
    knownGoods: [knownGood('k1', { objects: Object.fromEntries(keys.map((key) => [key, 'h1'])) })],
  });
  const { changes: read } = await readChanges(
    large,
    knownGood('k1', large.knownGoods[0]),
    memoryOf([large], all),
    moment,
  );
  expect(read).toHaveLength(1_000);
});
