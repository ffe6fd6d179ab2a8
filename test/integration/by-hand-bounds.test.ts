import { beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineGuardrail } from '../../src/domain/guardrail.ts';
import { no, yes } from '../../src/domain/verdict.ts';
import { triage } from '../../src/flow.ts';
import { freshness } from '../../src/guardrails/freshness/freshness.ts';
import { mode } from '../../src/guardrails/mode/mode.ts';
import { paused } from '../../src/guardrails/paused/paused.ts';
import { protectedTargets } from '../../src/guardrails/protected/protected.ts';
import { risk } from '../../src/guardrails/risk/risk.ts';
import { approve, retry } from '../../src/road/answers.ts';
import { pause } from '../../src/road/brakes.ts';
import { type ByHand, recoverByHand } from '../../src/road/by-hand.ts';
import { roadsOnRedis } from '../fakes/road-on-redis.ts';
import { ada, record, resultOf } from '../fakes/road-that-asks.ts';
import type { TestRoad } from '../fakes/road.ts';

const testRoad = roadsOnRedis();
const minute = 60_000;
const everything = { scope: 'global', by: 'carl', reason: 'hands off' };

/** A road whose one engine is `local`. */
function roadWith(options: Parameters<typeof testRoad>[0]): TestRoad {
  const road = testRoad(options);
  Object.assign(road.config, { docker: [{ name: 'local' }] });
  return road;
}

const ask = (road: TestRoad, more: Partial<ByHand>) =>
  recoverByHand(
    { target: 'docker/local/thing/a', dryRun: false, overrides: [], reason: '', ...more },
    'ada',
    road.road,
  );

/** Begun by hand; its id. */
async function begun(road: TestRoad, more: Partial<ByHand>): Promise<string> {
  const { ok, reason, recovery } = await ask(road, more);
  if (!ok || recovery === undefined) throw new Error(reason);
  road.rings.length = 0;
  return recovery;
}

/** The recovery that an alert about the same target begins; undefined: none. */
async function byAlert(road: TestRoad): Promise<string | undefined> {
  road.rings.length = 0;
  await triage(road.delivery(road.alert()), road.road);
  return road.rings.at(-1)?.recovery;
}

describe('a dry run by hand is no answer to an alert', () => {
  let road: TestRoad;
  let dryRun: string;
  beforeEach(async () => {
    road = roadWith({ guardrails: [mode] });
    dryRun = await begun(road, { playbook: 'down', dryRun: true });
  });

  test('that comes after it', async () => {
    expect(await resultOf(road, dryRun)).toBe('planned');
    const recovery = await byAlert(road);
    expect(await resultOf(road, recovery ?? '')).toBe('recovered');
    expect(recovery).not.toBe(dryRun);
  });

  test('that comes while it is under way: its next notification is decided', async () => {
    expect(await byAlert(road)).toBeUndefined();
    expect(await resultOf(road, dryRun)).toBe('planned');
    const recovery = await byAlert(road);
    expect(await resultOf(road, recovery ?? '')).toBe('recovered');
    expect(road.applied).toEqual(['fix 0']);
  });
});

describe('what is overridden by hand is so once', () => {
  const by = { overrides: ['paused'], reason: 'once, now' };

  test('and not for the alert that joined it', async () => {
    let busy = true;
    const other = defineGuardrail<undefined>({
      kind: 'other',
      params: z.undefined(),
      check: async () => (busy ? no('not now', 1_000) : yes('')),
    });
    const road = roadWith({ guardrails: [paused, other] });
    const byHand = await begun(road, { playbook: 'down', ...by });
    expect(await byAlert(road)).toBeUndefined();
    expect(await resultOf(road, byHand)).toBe('blocked');
    busy = false;
    await pause(everything, road.road);
    await road.clock.sleep(2 * minute);
    const recovery = await byAlert(road);
    expect(recovery).not.toBe(byHand);
    expect(await resultOf(road, recovery ?? '')).toBe('blocked');
    expect((await record(road, recovery ?? '')).manual).toBeUndefined();
    expect(road.applied).toEqual([]);
  });

  test('and not when somebody else tries it again', async () => {
    const road = roadWith({ guardrails: [paused] });
    road.redefine('fix', { apply: async () => Promise.reject(new Error('killed')) });
    const recovery = await begun(road, { action: 'fix', ...by });
    expect(await resultOf(road, recovery)).toBe('failed');
    road.redefine('fix', {});
    await pause(everything, road.road);
    expect(await retry(recovery, { by: 'bob' }, road.road)).toMatchObject({ ok: true });
    expect(await resultOf(road, recovery, 2)).toBe('blocked');
    expect((await record(road, recovery)).steps[0]?.guardrails).toMatchObject([
      { kind: 'paused', verdict: { ok: false, reason: expect.stringContaining('carl paused global') as string } },
    ]);
    expect(road.applied).toEqual([]);
  });

  test('and not at the last moment of another attempt, when all is paused', async () => {
    const road = roadWith({ guardrails: [paused] });
    road.redefine('fix', { apply: async () => Promise.reject(new Error('killed')) });
    const recovery = await begun(road, { action: 'fix', ...by });
    await resultOf(road, recovery);
    road.redefine('fix', {});
    await retry(recovery, { by: 'bob' }, road.road);
    const { claim } = road.road.store;
    road.road.store.claim = async (...asked) => {
      await pause(everything, road.road);
      return claim(...asked);
    };
    expect(await resultOf(road, recovery, 2)).toBe('blocked');
    expect(road.applied).toEqual([]);
  });
});

describe('nobody overrides', () => {
  test.each(['mode', 'protected'])('%s: what is asked for by hand goes no further than that', async (kind) => {
    const road = roadWith({ guardrails: [mode, protectedTargets, risk] });
    expect(await ask(road, { action: 'fix', overrides: [kind, 'risk'], reason: 'I know better' })).toEqual({
      ok: false,
      reason: `${kind} can not be overridden; the guardrails that can are risk`,
    });
    expect([road.rings, await road.road.store.recoveries(9)]).toEqual([[], []]);
  });

  test.each([
    ['kube-system', "kube-system is Kubernetes' own namespace"],
    ['vault', 'the namespace vault is protected in the configuration of cluster prod'],
  ])('that the namespace %s is closed: what is in it is not even looked at', async (namespace, why) => {
    const road = testRoad({ guardrails: [mode] });
    const cluster = { name: 'prod', isDefault: true, protectedNamespaces: ['vault'] };
    Object.assign(road.config, { kubernetes: [cluster] });
    const looked: unknown[] = [];
    const { confirm } = road.kind;
    Object.assign(road.kind, { platform: 'kubernetes' });
    road.kind.confirm = async (candidate, clients) => {
      looked.push(candidate.by['namespace']);
      return confirm(candidate, clients);
    };
    const target = `kubernetes/prod/${namespace}/thing/a`;
    expect(await ask(road, { target, action: 'fix' })).toEqual({
      ok: false,
      reason: `${target} is never acted on: ${why}`,
    });
    expect([looked, road.rings]).toEqual([[], []]);
    expect(await ask(road, { target: 'kubernetes/prod/shop/thing/a', action: 'fix' })).toMatchObject({ ok: true });
    expect(looked).toEqual(['shop']);
  });
});

describe('a word of today is news', () => {
  let road: TestRoad;
  let recovery: string;
  beforeEach(async () => {
    road = roadWith({ guardrails: [mode, freshness] });
    road.config.mode = 'approve';
    recovery = await begun(road, { action: 'fix' });
    expect(await resultOf(road, recovery)).toBe('awaiting-approval');
    await road.clock.sleep(11 * minute);
  });

  test('a yes to what was asked for by hand 11 minutes ago is carried out', async () => {
    await approve(recovery, ada, road.road);
    expect(await resultOf(road, recovery)).toBe('recovered');
    expect(road.applied).toEqual(['fix 0']);
  });

  test('what was asked for by hand a while ago, and is tried again by hand, is asked about anew', async () => {
    road.redefine('fix', { apply: async () => Promise.reject(new Error('killed')) });
    await approve(recovery, ada, road.road);
    expect(await resultOf(road, recovery)).toBe('failed');
    road.redefine('fix', {});
    await road.clock.sleep(11 * minute);
    expect(await retry(recovery, ada, road.road)).toMatchObject({ ok: true });
    expect(await resultOf(road, recovery, 2)).toBe('awaiting-approval');
  });
});
