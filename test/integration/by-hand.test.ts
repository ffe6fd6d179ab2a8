import { beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineGuardrail } from '../../src/domain/guardrail.ts';
import { no } from '../../src/domain/verdict.ts';
import { mode } from '../../src/guardrails/mode/mode.ts';
import { budget } from '../../src/guardrails/budget/budget.ts';
import { type ByHand, recoverByHand } from '../../src/road/by-hand.ts';
import { triage } from '../../src/flow.ts';
import { roadsOnRedis, run } from '../fakes/road-on-redis.ts';
import type { TestRoad } from '../fakes/road.ts';

const testRoad = roadsOnRedis();
const asked: ByHand = {
  target: 'docker/local/thing/a',
  action: 'fix',
  dryRun: false,
  overrides: [],
  reason: '',
};
const holds = defineGuardrail<undefined>({
  kind: 'holds',
  params: z.undefined(),
  check: async () => no('not now', 60_000),
});

let road: TestRoad;
beforeEach(() => {
  road = testRoad({ guardrails: [mode] });
  Object.assign(road.config, { docker: [{ name: 'local' }] });
});
const ask = (more: Partial<ByHand> = {}) => recoverByHand({ ...asked, ...more }, 'ada', road.road);
async function outcome(more: Partial<ByHand> = {}) {
  const { recovery = '', ...verdict } = await ask(more);
  expect(verdict).toMatchObject({ ok: true });
  const ended = await run(road, recovery);
  return { recovery, outcome: 'outcome' in ended ? ended.outcome : ended };
}

describe('a recovery by hand', () => {
  test('goes the same road, and its record says who wanted it', async () => {
    const { recovery, outcome: ended } = await outcome({ reason: 'it looks odd' });
    expect(ended).toMatchObject({ result: 'recovered' });
    expect(road.applied).toEqual(['fix 0']);
    expect(await road.road.store.recovery(recovery)).toMatchObject({
      target: { key: 'test/a', uid: 'u1' },
      procedure: { name: 'by hand', steps: [{ verb: 'fix' }] },
      manual: { by: 'ada', reason: 'it looks odd', overrides: [] },
      episodes: [],
    });
  });

  test('by a playbook walks its steps', async () => {
    const { recovery } = await outcome({ action: undefined, playbook: 'down' });
    expect((await road.road.store.recovery(recovery))?.procedure.name).toBe('down');
  });

  test('of what is well is not needed', async () => {
    road.things.get('a')?.symptoms.pop();
    expect((await outcome()).outcome).toMatchObject({ result: 'obsolete' });
    expect(road.applied).toEqual([]);
  });

  test('that is only to be tried out plans, and changes nothing', async () => {
    expect((await outcome({ dryRun: true })).outcome).toEqual({ result: 'planned', reason: 'fix a' });
    expect(road.applied).toEqual([]);
  });

  test('does no more than the mode allows', async () => {
    road.config.mode = 'observe';
    expect((await outcome()).outcome).toMatchObject({ result: 'planned' });
    road.config.mode = 'approve';
    expect((await outcome()).outcome).toMatchObject({ result: 'awaiting-approval' });
    expect(road.applied).toEqual([]);
  });

  test('is not begun beside another one of its target, nor is another one beside it', async () => {
    const first = await ask();
    expect(await ask()).toEqual({ ok: false, reason: `${first.recovery} is under way for test/a` });
    road.rings.length = 0;
    await triage(road.delivery(road.alert()), road.road);
    expect(road.rings).toEqual([]);
  });
});

describe('a guardrail that holds it', () => {
  beforeEach(() => {
    road = testRoad({ guardrails: [holds] });
    Object.assign(road.config, { docker: [{ name: 'local' }] });
  });

  test('holds what is asked for by hand too', async () => {
    expect((await outcome()).outcome).toMatchObject({ result: 'blocked', reason: 'fix/thing: holds: not now' });
  });

  test('does not when it is overridden: by whom and why is in its verdict', async () => {
    const { recovery, outcome: ended } = await outcome({ overrides: ['holds'], reason: 'I know better' });
    expect(ended).toMatchObject({ result: 'recovered' });
    expect((await road.road.store.recovery(recovery))?.steps[0]?.guardrails).toEqual([
      {
        kind: 'holds',
        verdict: { ok: true, reason: 'ada overrode it (I know better); it said: not now' },
      },
    ]);
  });

  test('is only overridden with a reason, and by a name that there is', async () => {
    expect(await ask({ overrides: ['holds'] })).toEqual({
      ok: false,
      reason: 'whoever overrides a guardrail has to say why',
    });
    expect(await ask({ overrides: ['storms'], reason: 'x' })).toEqual({
      ok: false,
      reason: 'storms can not be overridden; the guardrails that can are holds',
    });
  });

  test('by counting counts on all the same', async () => {
    road = testRoad({ guardrails: [budget] });
    Object.assign(road.config, { docker: [{ name: 'local' }], guardrails: { budget: '1 per 1h' } });
    const ill = () => road.things.set('a', { uid: 'u1', symptoms: ['down'], instance: 5 });
    expect((await outcome()).outcome).toMatchObject({ result: 'recovered' });
    ill();
    const over = await outcome({ overrides: ['budget'], reason: 'again' });
    expect(over.outcome).toMatchObject({ result: 'recovered' });
    ill();
    const { outcome: held } = await outcome();
    expect(held).toMatchObject({ result: 'blocked', reason: expect.stringContaining('of which 2 are used') as string });
  });
});

describe('what can not be is refused, with what could be', () => {
  test.each<[Partial<ByHand>, string]>([
    [
      { target: 'web' },
      '"web" is no target; what is looks like docker/ENGINE/container/NAME, kubernetes/CLUSTER/NAMESPACE/deployment/NAME or kubernetes/CLUSTER/node/NAME',
    ],
    [{ target: 'docker/edge/thing/a' }, 'there is no docker edge; those that are configured are local'],
    [{ target: 'docker/local/thing/b' }, 'there is no thing b'],
    [{ action: 'reboot' }, 'reboot is no action on a thing; there are fix'],
    [{ playbook: 'down' }, 'either a playbook or an action, not both'],
  ])('%j', async (more, reason) => {
    expect(await ask(more)).toEqual({ ok: false, reason });
    expect(road.rings).toEqual([]);
  });

  test('neither playbook nor action; an unknown playbook', async () => {
    const { action: _, ...neither } = asked;
    expect(await recoverByHand(neither, 'ada', road.road)).toMatchObject({
      reason: 'say what to do: a playbook or an action',
    });
    expect(await recoverByHand({ ...neither, playbook: 'up' }, 'ada', road.road)).toMatchObject({
      reason: 'there is no playbook up; there are down',
    });
  });
});
