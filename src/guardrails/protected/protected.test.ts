import { expect, test } from 'vitest';
import { guardrailInput } from '../../../test/fakes/guardrail-input.ts';
import { protectedTargets } from './protected.ts';

const check = (params: unknown, ...touches: string[]) => {
  const input = guardrailInput({ params });
  return protectedTargets.check({ ...input, plan: { ...input.plan, touches } });
};
const web = 'kubernetes/prod/shop/deployment/web';

test.each([web, 'kubernetes/prod/shop', 'kubernetes/*/shop/*/*', 'kubernetes/prod/shop/deployment/w*'])(
  '%s protects it, and is named',
  async (text) => {
    expect(await check(['docker/a', text], web)).toEqual({
      ok: false,
      reason: `${web} is protected by the configuration (guardrails.protected: ${text})`,
    });
  },
);

test.each(['kubernetes/prod/sho', 'kubernetes/prod/*/statefulset', 'kubernetes/prod/shop/deployment/we', 'docker'])(
  '%s does not',
  async (text) => {
    const patterns = text === 'docker' ? ['docker/edge'] : [text];
    expect(await check(patterns, web)).toEqual({ ok: true, reason: 'nothing that it touches is protected' });
  },
);

test('another object that the plan touches counts as well, and a dot is no wildcard', async () => {
  expect((await check(['docker/a/container/db'], 'docker/a/container/web', 'docker/a/container/db')).ok).toBe(false);
  expect((await check(['docker/a/container/d.b'], 'docker/a/container/dxb')).ok).toBe(true);
});

test('without a setting nothing is protected; a pattern of something else is refused', async () => {
  expect((await check(undefined, web)).ok).toBe(true);
  expect(protectedTargets.params.safeParse(['payments']).error?.issues[0]?.message).toContain(
    'is no pattern of target keys',
  );
});
