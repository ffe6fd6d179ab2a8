import { describe, expect, it } from 'vitest';
import { randomObject } from '../../../test/fakes/random-objects.ts';
import { differences } from '../changes/compare.ts';
import { contentOf } from './content-of.ts';
import { valueAt } from './path.ts';
import { freedOfClaim, putBack } from './put-back.ts';

const named = (...names: readonly string[]) => names.map((name) => ({ name, value: name.toUpperCase() }));
const list = (...names: readonly string[]) => ({ spec: { env: named(...names) } });

describe('putting back', () => {
  it.each([
    ['a value', { data: { a: '2', b: '2' } }, { data: { a: '1', b: '1' } }, ['/data/a'], { data: { a: '1', b: '2' } }],
    ['what was taken away', { data: { b: '2' } }, { data: { a: '1' } }, ['/data/a'], { data: { a: '1', b: '2' } }],
    ['what was added', { data: { a: '1', b: '2' } }, { data: { a: '1' } }, ['/data/b'], { data: { a: '1' } }],
    ['a map', { a: 1 }, { spec: { x: { y: 1, z: 2 } } }, ['/spec/x'], { a: 1, spec: { x: { y: 1, z: 2 } } }],
    ['part of a map that is gone', { a: 1 }, { spec: { x: 1, y: 2 } }, ['/spec/x'], { a: 1, spec: { x: 1 } }],
    [
      'a name with a slash',
      { m: { 'a/b': 1, '~1': 1 } },
      { m: { 'a/b': 2, '~1': 2 } },
      ['/m/a~1b', '/m/~01'],
      { m: { 'a/b': 2, '~1': 2 } },
    ],
    [
      'a name in brackets that is of a map',
      { data: { '[a]': '2' } },
      { data: { '[a]': '1' } },
      ['/data/[a]'],
      { data: { '[a]': '1' } },
    ],
    ['a list', { l: [1, 2] }, { l: [2, 1] }, ['/l'], { l: [2, 1] }],
    ['the whole', { a: 1, b: 1 }, { a: 2 }, [''], { a: 2 }],
    ['the whole of what is gone', undefined, { a: 2 }, [''], { a: 2 }],
    ['nothing', { a: 1 }, { a: 2 }, [], { a: 1 }],
    ['what is on no side', { a: 1 }, { spec: { x: 1 } }, ['/spec/y', '/b/c'], { a: 1 }],
  ])('%s', (_, now, good, paths, put) => {
    expect(putBack(now, good, paths)).toEqual(put);
  });

  it('what was not there at all is not to be there', () => {
    expect(putBack({ a: 1 }, undefined, [''])).toBeUndefined();
  });

  it('takes away the map, or the list, that was made for one value', () => {
    expect(putBack({ metadata: { labels: { a: 'b' } }, x: 1 }, { x: 1 }, ['/metadata/labels/a'])).toEqual({ x: 1 });
    expect(putBack({ spec: { env: named('a') } }, { spec: {} }, ['/spec/env/[a]'])).toEqual({ spec: {} });
    expect(putBack({ v: { a: 1 } }, { v: {} }, ['/v/a'])).toEqual({ v: {} });
    expect(putBack({ v: named('a') }, { v: [] }, ['/v/[a]'])).toEqual({ v: [] });
  });

  it('is in order, whatever the order it is given in', () => {
    expect(JSON.stringify(putBack({ b: 1, c: { z: 1 } }, { a: 1, c: { y: 1 } }, ['/a', '/c/y']))).toBe(
      '{"a":1,"b":1,"c":{"y":1,"z":1}}',
    );
  });

  it('leaves both sides as they were', () => {
    const [now, good] = [list('a', 'c'), list('a', 'b', 'c')];
    putBack(now, good, ['/spec/env/[b]']);
    expect([now, good]).toEqual([list('a', 'c'), list('a', 'b', 'c')]);
  });

  it.each([
    ['in the middle', list('a', 'c'), list('a', 'b', 'c'), ['b'], list('a', 'b', 'c')],
    ['in front', list('b'), list('a', 'b'), ['a'], list('a', 'b')],
    ['at the end', list('a'), list('a', 'b'), ['b'], list('a', 'b')],
    ['several', list('b'), list('a', 'b', 'c', 'd'), ['d', 'a', 'c'], list('a', 'b', 'c', 'd')],
    [
      'behind the one it stood behind, beside a new one',
      list('a', 'new', 'c'),
      list('a', 'b', 'c'),
      ['b'],
      list('a', 'b', 'new', 'c'),
    ],
    ['into an empty list', { spec: { env: [] } }, list('a', 'b'), ['a', 'b'], list('a', 'b')],
    ['into a list that is gone', { spec: {} }, list('a', 'b'), ['b', 'a'], list('a', 'b')],
    ['not at all', list('a', 'b'), list('a'), ['b'], list('a')],
  ])('an element comes %s', (_, now, good, names, put) => {
    expect(
      putBack(
        now,
        good,
        names.map((name) => `/spec/env/[${name}]`),
      ),
    ).toEqual(put);
  });

  it('of a part of an element touches that part alone, and an element that is gone comes whole', () => {
    const containers = (image: string, more: object = {}) => ({ c: [{ name: 'x/y', image, ...more }, { name: 'b' }] });
    const path = '/c/[x~1y]/image';
    expect(putBack(containers('bad', { tty: true }), containers('good'), [path])).toEqual(
      containers('good', { tty: true }),
    );
    expect(putBack({ c: [{ name: 'b' }] }, containers('good', { tty: true }), [path])).toEqual(
      containers('good', { tty: true }),
    );
  });
});

it('all differences put back, in whatever order, are the good one', () => {
  for (const slug of ['configmap', 'deployment', 'service', 'node'])
    for (let seed = 1; seed <= 200; seed += 1) {
      const now = contentOf(slug, randomObject(slug, seed));
      const good = contentOf(slug, randomObject(slug, seed + 1_000));
      const paths = differences(good, now).map(({ path }) => path);
      expect(putBack(now, good, paths), `seed ${seed}`).toEqual(good);
      expect(putBack(now, good, paths.toReversed()), `seed ${seed}`).toEqual(good);
    }
});

it('a volume freed of its claim is kept for the name of it', () => {
  const spec = { claimRef: { namespace: 'shop', name: 'data', uid: 'c' }, capacity: { storage: '1Gi' } };
  expect(freedOfClaim({ spec })).toEqual({ spec: { ...spec, claimRef: { namespace: 'shop', name: 'data' } } });
  expect(freedOfClaim({ spec: { capacity: {} } })).toEqual({ spec: { capacity: {} } });
});

it('a value is found by its path, and nothing where there is none', () => {
  const content = { spec: { env: named('a', 'b') }, data: { 'x/y': '1', '[a]': '2' } };
  expect(valueAt(content, '')).toBe(content);
  expect(valueAt(content, '/spec/env/[b]/value')).toBe('B');
  expect(valueAt(content, '/data/x~1y')).toBe('1');
  expect(valueAt(content, '/data/[a]')).toBe('2');
  for (const path of ['/spec/env/[c]', '/spec/env/0', '/data/z', '/data/z/y', '/data/[a]/length', '/data/constructor'])
    expect(valueAt(content, path)).toBeUndefined();
  expect(valueAt(undefined, '')).toBeUndefined();
});
