import { expect, test } from 'vitest';
import { guardrailInput } from '../../../test/fakes/guardrail-input.ts';
import { paused } from './paused.ts';

const check = (...scopes: string[]) => {
  const input = guardrailInput();
  const pauses = scopes.map((scope) => ({ scope, by: 'jane', reason: 'upgrade', at: input.now - 90_500 }));
  return paused.check({ ...input, store: { ...input.store, pauses: async () => pauses } });
};

test('nothing paused lets it through', async () => {
  expect(await check()).toEqual({ ok: true, reason: 'nothing that it touches is paused' });
});

test.each(['global', 'docker', 'docker/local'])(
  '%s holds it, and says who, why and how it is released',
  async (scope) => {
    expect(await check(scope)).toEqual({
      ok: false,
      reason: `jane paused ${scope} 1m30s ago: upgrade; released by: paramedic resume ${scope}`,
    });
  },
);

test('what is paused elsewhere is said, and lets it through', async () => {
  expect(await check('kubernetes', 'docker/loc')).toEqual({
    ok: true,
    reason: 'nothing that it touches is paused (paused is kubernetes, docker/loc)',
  });
});

test('another object that the plan touches counts as well', async () => {
  const input = guardrailInput();
  const plan = { ...input.plan, touches: ['kubernetes/prod/node/a', 'kubernetes/prod/shop/pod/web-1'] };
  const pauses = async () => [{ scope: 'kubernetes/prod/shop', by: 'jane', reason: '', at: input.now }];
  expect((await paused.check({ ...input, plan, store: { ...input.store, pauses } })).ok).toBe(false);
});
