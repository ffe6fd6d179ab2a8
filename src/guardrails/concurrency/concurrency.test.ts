import { expect, test } from 'vitest';
import { guardrailInput, judged } from '../../../test/fakes/guardrail-input.ts';
import { concurrency } from './concurrency.ts';

test('2 in one namespace and 5 in all, unless told otherwise', () => {
  const target = { kind: 'deployment', key: 'kubernetes/prod/shop/deployment/web' };
  expect(concurrency.limits?.(guardrailInput({ target }))).toEqual([
    { scope: 'in kubernetes/prod/shop', max: 2 },
    { scope: 'in all', max: 5 },
  ]);
  expect(concurrency.limits?.(guardrailInput({ params: { global: 1 } }))).toEqual([
    { scope: 'in docker/local', max: 2 },
    { scope: 'in all', max: 1 },
  ]);
});

test('a free place lets it through', async () => {
  expect(await judged(concurrency, [1, 4])).toEqual({
    ok: true,
    reason: '1 of 2 recoveries act in docker/local, 4 of 5 recoveries act in all',
  });
});

test.each([
  [[2, 2], '2 of 2 recoveries act in docker/local'],
  [[1, 5], '5 of 5 recoveries act in all'],
])('%j holds it, and it is asked again', async (used, said) => {
  expect(await judged(concurrency, used)).toEqual({
    ok: false,
    reason: `${said}, and no more (): free when one of them ends`,
    retryAfterMs: 30_000,
  });
});

test.each([{ global: 0 }, { namespace: 1.5 }, { cluster: 3 }, 3])('%j is refused', (params) => {
  expect(concurrency.params.safeParse(params).success).toBe(false);
});
