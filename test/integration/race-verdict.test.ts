import { expect, test } from 'vitest';
import { type Effect, exceeded } from './race-verdict.ts';

/** A look, an act and its verification, of a target, namespace and playbook of its own unless they are given. */
const acted = (at: number, until: number, more: Partial<Effect> = {}): Effect[] => {
  const about = { target: `t${at}`, worker: 'w', namespace: `n${at}`, playbook: `p${at}`, ...more };
  return [
    { ...about, what: 'look', at: at - 20 },
    { ...about, what: 'act', at },
    { ...about, what: 'look', at: until },
  ];
};
const judged = (...acts: Effect[][]) => exceeded(acts.flat().toSorted((a, b) => a.at - b.at));

test('one act more than the window holds is found, and none that was allowed when the window had slid on', () => {
  const acts = (last: number) => [0, 1_500, 3_000, last].map((at) => acted(at, at + 10, { namespace: 'shop' }));
  expect(judged(...acts(4_900))).toEqual(['namespace shop: 4 acts within 4920 ms']);
  expect(judged(...acts(4_985))).toEqual([]);
});

test.each([
  ['cooldown a', [0, 900], { target: 'a' }],
  ['target a', [0, 2_000, 4_000, 9_000], { target: 'a' }],
  ['playbook a', [0, 1_000, 2_000, 3_000, 4_000], { playbook: 'a' }],
  ['namespace a', [0, 1_000, 2_000, 3_000], { namespace: 'a' }],
  ['global everything', Array.from({ length: 10 }, (_, n) => n * 500), {}],
])('%s is counted by itself', (scope, times, more) => {
  const found = judged(...times.map((at) => acted(at, at + 10, more)));
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(`${scope}: `);
});

test('one more that acts at the same time is found, from the act until it is verified', () => {
  const shop = { namespace: 'shop' };
  expect(judged(acted(0, 100, shop), acted(30, 200, shop), acted(60, 300, shop))).toEqual([
    'concurrency shop: 3 act at the same time',
  ]);
  expect(judged(acted(0, 100, shop), acted(30, 200, shop), acted(130, 300, shop))).toEqual([]);
  expect(judged(...[0, 1, 2, 3, 4, 5].map((at) => acted(at, 100)))).toEqual([
    'concurrency all: 6 act at the same time',
  ]);
});
