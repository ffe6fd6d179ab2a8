import { expect, test } from 'vitest';
import { guardrailInput } from '../../../test/fakes/guardrail-input.ts';
import { freshness } from './freshness.ts';

const heard = (agoMs: number) => {
  const input = guardrailInput();
  return freshness.check({ ...input, heardAt: input.now - agoMs });
};

test('news of the last ten minutes lets it through', async () => {
  expect(await heard(600_000)).toEqual({
    ok: true,
    reason: 'the newest word that the alert fires is 10m old, 10m at most',
  });
});

test('older news holds it until the next', async () => {
  expect(await heard(601_000)).toEqual({
    ok: false,
    reason: 'the newest word that the alert fires is 10m1s old, 10m at most: released by its next notification',
  });
});

test('it takes no setting', () => {
  expect(freshness.params.safeParse('5m').error?.issues[0]?.message).toContain('the key `freshness` at the top');
});
