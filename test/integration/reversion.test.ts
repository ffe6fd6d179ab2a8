import { expect, test } from 'vitest';
import { no, yes } from '../../src/domain/verdict.ts';
import { triage } from '../../src/flow.ts';
import type { FixDef } from '../fakes/road.ts';
import { outcome, roadsOnRedis } from '../fakes/road-on-redis.ts';

const testRoad = roadsOnRedis();
const watched: FixDef['plan'] = ({ target, state: { instance } }) => [
  { summary: 'fix a', touches: [target.key], change: { candidate: 0, instance }, ownTimeMs: 5_000, watchMs: 120_000 },
];

test('a write that others may take back is watched as long as they need before it counts as recovered', async () => {
  const road = testRoad();
  road.redefine('fix', {
    plan: watched,
  });
  expect(await outcome(road)).toMatchObject({ result: 'recovered', reason: 'fix a: well for 120 s' });
});

test('one that is taken back meanwhile is not recovered, says by whom, and is not tried again', async () => {
  const road = testRoad();
  const writtenAt = road.clock.now();
  road.redefine('fix', {
    plan: watched,
    verify: () => {
      if (road.clock.now() < writtenAt + 60_000) return yes('it shows');
      Object.assign(road.things.get('a') ?? {}, { symptoms: ['down'] });
      return { ...no('the fix was taken back by kubectl-client-side-apply'), certain: true };
    },
  });
  const ended = await outcome(road);
  expect(ended).toEqual({
    result: 'not-recovered',
    reason: 'fix/thing: the fix was taken back by kubectl-client-side-apply',
  });
  expect(road.applied).toEqual(['fix 0']);
});

test('a plan may look at the labels of the alert that opened the recovery', async () => {
  const road = testRoad();
  let seen: unknown;
  road.redefine('fix', { plan: ({ labels }) => ((seen = labels), no('only looking')) });
  await outcome(road);
  expect(seen).toEqual({ alertname: 'Down', thing: 'a' });
});

test('the label recovery of an alert narrows, and never widens', async () => {
  for (const [recovery, decided] of [
    ['none', { decision: 'none', reason: 'its label recovery is none: nothing is to be done about it' }],
    ['approval', { decision: 'recover', mode: 'approve' }],
    ['auto', { decision: 'recover', mode: 'act' }],
  ] as const) {
    const road = testRoad();
    await triage(road.delivery(road.alert({ labels: { alertname: 'Down', thing: 'a', recovery } })), road.road);
    expect(road.events.find((event) => event.event === 'decided')).toMatchObject({ decision: decided });
  }
});

test('a target that may only be watched says why, and nothing is done to it', async () => {
  const road = testRoad();
  const { confirm } = road.kind;
  road.kind.confirm = async (candidate, clients) => {
    const found = await confirm(candidate, clients);
    return 'key' in found ? { ...found, mode: 'observe', modeReason: 'it is a bare pod' } : found;
  };
  await triage(road.delivery(road.alert()), road.road);
  expect(road.events.find((event) => event.event === 'decided')).toMatchObject({
    decision: { reason: 'down answers it; it is a bare pod', mode: 'observe' },
  });
});
