import { describe, expect, it } from 'vitest';
import type { Definition } from '../docker/definition.ts';
import { differencesOf, hashesBack, resourcesOf, wayTo } from './container-ways.ts';

const base: Definition = {
  image: { reference: 'app:1', id: 'sha256:1' },
  env: { MODE: 'good' },
  labels: {},
  config: { Cmd: ['serve'] },
  hostConfig: { NetworkMode: 'front', Memory: 64, MemorySwap: 128, PidsLimit: 0 },
  networks: { front: {} },
};
const host = (fields: object): Definition => ({ ...base, hostConfig: { ...base.hostConfig, ...fields } });

describe('the least way', () => {
  it.each<[string, Definition, string, readonly string[]]>([
    ['a network', { ...base, networks: {} }, 'connect', ['network front']],
    ['an alias', { ...base, networks: { front: { aliases: ['a'] } } }, 'connect', ['network front']],
    ['a limit', host({ Memory: 16, MemorySwap: 32 }), 'update', ['Memory', 'MemorySwap']],
    ['a limit that there was not', host({ PidsLimit: 9 }), 'recreate', ['PidsLimit']],
    ['a limit that there is not any more', host({ Memory: 0 }), 'recreate', ['Memory']],
    ['a limit and a network', { ...host({ Memory: 16 }), networks: {} }, 'recreate', ['Memory', 'network front']],
    ['what a limit is not', host({ Memory: 16, Privileged: true }), 'recreate', ['Memory', 'Privileged']],
    ['a variable', { ...base, env: { MODE: 'bad', NEW: 'x' } }, 'recreate', ['env MODE', 'env NEW']],
    ['the image', { ...base, image: { reference: 'app:1', id: 'sha256:2' } }, 'recreate', ['image']],
    ['a label', { ...base, labels: { a: 'b' } }, 'recreate', ['label a']],
    ['the command', { ...base, config: { Cmd: ['x'] } }, 'recreate', ['Cmd']],
  ])('back from %s', (_what, from, way, differs) => {
    expect(wayTo(from, base)).toBe(way);
    expect(differencesOf(from, base)).toEqual(differs);
  });

  it('gives limits as they were', () => {
    expect(resourcesOf(host({ Memory: 16, CpuShares: 5 }), base)).toEqual({ Memory: 64 });
  });
});

describe('what to go back to', () => {
  const minute = 60_000;
  const version = (hash: string, atMinute: number, by = '') => ({ hash, at: atMinute * minute, by, uid: '' });

  it.each([
    ['the known-good', [version('bad', 9), version('good', 1)], ['good']],
    ['before the newest change first', [version('c', 9), version('b', 5), version('good', 1)], ['b', 'good']],
    [
      'at most three of them',
      ['f', 'e', 'd', 'c', 'b', 'good'].map((hash, index) => version(hash, 9 - index)),
      ['e', 'd', 'c', 'good'],
    ],
    ['changes of one hand together', [version('c', 9), version('b', 8.6), version('good', 1)], ['good']],
    [
      'not what we had put there',
      [version('bad', 9), version('b', 7, 'paramedic'), version('bad', 5), version('good', 1)],
      ['good'],
    ],
    ['the known-good that is not kept among the versions', [version('bad', 9)], ['good']],
    ['nothing, where it is that', [version('good', 9)], []],
  ])('is %s', (_what, versions, back) => {
    expect(hashesBack(versions, 'good')).toEqual(back);
  });
});
