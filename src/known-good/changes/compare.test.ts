import { expect, test } from 'vitest';
import type { Content } from '../../domain/known-good.ts';
import { differences } from './compare.ts';

const list = (name: string, ...elements: unknown[]): Content => ({ spec: { [name]: elements } });

test.each<[string, Content | undefined, Content | undefined, unknown]>([
  ['nothing against nothing', undefined, undefined, []],
  ['one side missing', undefined, { a: 1 }, [{ path: '', after: { a: 1 } }]],
  ['the other side missing', { a: 1 }, undefined, [{ path: '', before: { a: 1 } }]],
  ['the same, in another order of keys', { a: 1, b: { c: [1], d: 2 } }, { b: { d: 2, c: [1] }, a: 1 }, []],
  [
    'a value in a map',
    { data: { a: 'x', b: 'y' } },
    { data: { a: 'z', b: 'y' } },
    [{ path: '/data/a', before: 'x', after: 'z' }],
  ],
  ['a key that went', { data: { a: 'x', b: 'y' } }, { data: { b: 'y' } }, [{ path: '/data/a', before: 'x' }]],
  ['a key that came', { data: {} }, { data: { a: { b: 1 } } }, [{ path: '/data/a', after: { b: 1 } }]],
  ['a value of another type', { a: { b: 1 } }, { a: [1] }, [{ path: '/a', before: { b: 1 }, after: [1] }]],
  ['no is not absent', { a: false }, { a: 0 }, [{ path: '/a', before: false, after: 0 }]],
  ['slashes and tildes', { 'a/b~c': 1 }, { 'a/b~c': 2 }, [{ path: '/a~1b~0c', before: 1, after: 2 }]],
  [
    'an element by its name',
    list('containers', { name: 'app', image: 'v1' }, { name: 'log', image: 'l' }),
    list('containers', { name: 'app', image: 'v2' }, { name: 'log', image: 'l' }),
    [{ path: '/spec/containers/[app]/image', before: 'v1', after: 'v2' }],
  ],
  [
    'elements that came and went',
    list('volumes', { name: 'a' }),
    list('volumes', { name: 'b' }),
    [
      { path: '/spec/volumes/[a]', before: { name: 'a' } },
      { path: '/spec/volumes/[b]', after: { name: 'b' } },
    ],
  ],
  [
    'the first element',
    list('volumes'),
    list('volumes', { name: 'b' }),
    [{ path: '/spec/volumes/[b]', after: { name: 'b' } }],
  ],
  [
    'a name with brackets and a slash',
    list('env', { name: 'a]/[b', value: '1' }),
    list('env', { name: 'a]/[b', value: '2' }),
    [{ path: '/spec/env/[a]~1[b]/value', before: '1', after: '2' }],
  ],
  [
    'another order of what has none',
    list('volumes', { name: 'a' }, { name: 'b' }),
    list('volumes', { name: 'b' }, { name: 'a' }),
    [],
  ],
  [
    'another order of variables',
    list('env', { name: 'a' }, { name: 'b' }),
    list('env', { name: 'b' }, { name: 'a' }),
    [{ path: '/spec/env', before: [{ name: 'a' }, { name: 'b' }], after: [{ name: 'b' }, { name: 'a' }] }],
  ],
  [
    'a variable more, in the middle',
    list('env', { name: 'a' }, { name: 'b' }),
    list('env', { name: 'a' }, { name: 'x' }, { name: 'b' }),
    [{ path: '/spec/env/[x]', after: { name: 'x' } }],
  ],
  [
    'names that are there twice',
    list('ports', { name: 'dns', p: 1 }, { name: 'dns', p: 2 }),
    list('ports', { name: 'dns', p: 1 }, { name: 'dns', p: 3 }),
    [
      {
        path: '/spec/ports',
        before: [
          { name: 'dns', p: 1 },
          { name: 'dns', p: 2 },
        ],
        after: [
          { name: 'dns', p: 1 },
          { name: 'dns', p: 3 },
        ],
      },
    ],
  ],
  [
    'a list without names',
    list('args', 'a', 'b'),
    list('args', 'b', 'a'),
    [{ path: '/spec/args', before: ['a', 'b'], after: ['b', 'a'] }],
  ],
])('%s', (_name, before, after, expected) => {
  expect(differences(before, after)).toStrictEqual(expected);
});
