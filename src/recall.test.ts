import { describe, expect, it } from 'vitest';
import type { Config } from './config/config.ts';
import { parseConfig } from './config/parse-config.ts';
import type { Memory } from './domain/known-good.ts';
import { recallOf, sameMemory } from './recall.ts';

const files = new Map([
  ['/etc/a.key', 'a'.repeat(44)],
  ['/etc/same.key', `${'a'.repeat(44)}\n`],
  ['/etc/b.key', 'b'.repeat(44)],
]);
const configOf = (knownGood: string): Config =>
  parseConfig(`known_good: ${knownGood}\ndocker: []\nkubernetes: []\n`, {
    file: '/etc/paramedic.yml',
    env: {},
    readFile: (path) => files.get(path) ?? '',
    exists: () => false,
  });
// Nothing of it is asked.
const memory = {} as unknown as Memory;
const sealed = (key: string, keep = 'restore') => `{ secrets: ${keep}, secrets_key_file: ${key}.key }`;

describe('the memory as the configuration has it', () => {
  it('is none where nothing is remembered, and has nothing of Secrets unless it is told to', () => {
    expect(recallOf(configOf('{ enabled: false }'), memory)).toBeUndefined();
    expect(recallOf(configOf('{}'), memory)).toEqual({ blameMs: 3_600_000, others: [] });
  });

  it('opens Secrets where they are to be put back, and only there', () => {
    expect(recallOf(configOf(sealed('a')), memory)?.secrets?.opens).toBe(true);
    expect(recallOf(configOf(sealed('a', 'hash')), memory)?.secrets?.opens).toBe(false);
  });

  it('has the kinds that are named', () => {
    const kinds = '[{ resource: routes.example.com, version: v1beta1, kind: Route }]';
    expect(recallOf(configOf(`{ kinds: ${kinds} }`), memory)?.others).toEqual([
      {
        slug: 'route.example.com',
        resource: 'routes.example.com/v1beta1/Route',
        apiVersion: 'example.com/v1beta1',
        kind: 'Route',
      },
    ]);
  });
});

describe('after a reload the memory is the same', () => {
  it.each([
    ['{}', '{ after: 60s }', true],
    ['{}', '{ after: 90s }', false],
    ['{}', '{ bind_mounted_files: true }', false],
    [sealed('a'), sealed('same'), true],
    [sealed('a'), sealed('b'), false],
    [sealed('a'), sealed('a', 'hash'), false],
    [sealed('a'), '{}', false],
    ['{}', '{ enabled: false }', false],
  ])('%s, %s: %s', (before, after, expected) => {
    expect(sameMemory(configOf(before), configOf(after))).toBe(expected);
  });
});
