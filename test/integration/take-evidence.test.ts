import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineGuardrail } from '../../src/domain/guardrail.ts';
import { no, yes } from '../../src/domain/verdict.ts';
import { takeEvidence } from '../../src/road/take-evidence.ts';
import { createAttempt } from '../../src/road/attempt.ts';
import { fakeDockerEngine, frame } from '../fakes/docker-engine.ts';
import { createDockerClient } from '../../src/clients/docker.ts';
import { listing } from '../fakes/prometheus.ts';
import { outcome, roadsOnRedis, start } from '../fakes/road-on-redis.ts';
import type { TestRoad } from '../fakes/road.ts';

const testRoad = roadsOnRedis();
const { signal } = new AbortController();
const low = { key: 'restart/container', risk: 'low' } as const;
const high = { key: 'drain/node', risk: 'high' } as const;

/** A run that has begun, of a recovery of a container. */
async function begun(road: TestRoad, id: string, name = 'one') {
  const run = { recovery: id, attempt: 1, run: name };
  await road.road.store.begin(run, 0);
  const found = await road.road.store.recovery(id);
  if (found === undefined) throw new Error(`there is no recovery ${id}`);
  const target = { kind: 'container', key: 'docker/edge-1/container/web' };
  return { run, recovery: found, attempt: createAttempt({ ...found, target }, run, 0, road.road) };
}

test('evidence is taken once for an attempt, whoever runs it, and kept', async () => {
  const engine = await fakeDockerEngine();
  try {
    const road = testRoad();
    const { id } = engine.add({ name: 'web' });
    engine.log(id, frame(1, 'it is down, token=hunter2\n'));
    road.clients.docker = new Map([
      ['edge-1', await createDockerClient({ name: 'edge-1', host: engine.host, instances: [] })],
    ]);
    const recovery = await start(road);
    const first = await begun(road, recovery);
    expect(await takeEvidence(first.attempt, high, road.road, signal)).toBeUndefined();
    const asked = engine.count(/logs/);
    expect(asked).toBe(1);
    const second = await begun(road, recovery, 'two');
    expect(await takeEvidence(second.attempt, high, road.road, signal)).toBeUndefined();
    expect(engine.count(/logs/)).toBe(asked);
    const kept = await road.road.store.evidence(recovery);
    expect(kept).toHaveLength(1);
    expect(kept[0]).toMatchObject({ attempt: 1, at: road.clock.now() });
    expect(kept[0]?.sections.find(({ title }) => title.startsWith('log'))?.text).toBe('it is down, token=<redacted>');
    expect(kept[0]?.missing).toEqual(["what Down's expression answers: no Prometheus is configured"]);
  } finally {
    await engine.close();
  }
});

test('without any, only what is of high risk is held, and it is asked for again', async () => {
  const road = testRoad();
  const { attempt } = await begun(road, await start(road));
  expect(await takeEvidence(attempt, low, road.road, signal)).toBeUndefined();
  expect(await takeEvidence(attempt, high, road.road, signal)).toEqual({
    ok: false,
    reason: expect.stringMatching(
      /^evidence: drain\/node is of high risk, and nothing could be captured before it: .*edge-1 is no longer configured/,
    ),
    retryAfterMs: 60_000,
  });
  expect(await road.road.store.evidence(attempt.recovery.id)).toHaveLength(1);
});

test('after the first change there is nothing left to take', async () => {
  const road = testRoad();
  const { attempt } = await begun(road, await start(road));
  const plan = { summary: 'fix a', touches: [], change: {}, ownTimeMs: 0 };
  await attempt.write({ step: 0, candidate: 0, plan }, 'applying');
  expect(await takeEvidence(attempt, high, road.road, signal)).toBeUndefined();
  expect(await road.road.store.evidence(attempt.recovery.id)).toEqual([]);
});

test('what a guardrail said before the evidence took long is asked again', async () => {
  let holds = false;
  const changing = defineGuardrail<undefined>({
    kind: 'changing',
    params: z.undefined(),
    check: async () => (holds ? no('not now') : yes('fine')),
  });
  const road = testRoad({ guardrails: [changing] });
  road.clients.prometheus = {
    ...listing(async () => []),
    async rules() {
      holds = true;
      await road.clock.sleep(5_000);
      return [];
    },
  };
  expect(await outcome(road)).toMatchObject({ result: 'blocked', reason: 'fix/thing: changing: not now' });
  expect(road.applied).toEqual([]);
});

test('what can not be kept holds up only what is of high risk', async () => {
  const road = testRoad();
  road.clients.prometheus = {
    ...listing(async () => []),
    rules: async () => [{ expression: 'up == 0', labels: {} }],
    query: async () => [{ labels: {}, value: 0 }],
  };
  const { attempt } = await begun(road, await start(road));
  road.road.store.keepEvidence = () => Promise.reject(new Error('OOM command not allowed'));
  expect(await takeEvidence(attempt, low, road.road, signal)).toBeUndefined();
  expect(await takeEvidence(attempt, high, road.road, signal)).toMatchObject({
    ok: false,
    reason: expect.stringContaining('it could not be kept: OOM command not allowed') as string,
  });
});

test('of what is gone, and remembered, nothing is asked for that is not there any more', async () => {
  const road = testRoad();
  const { attempt } = await begun(road, await start(road));
  const { recovery } = attempt;
  const gone = { ...attempt, recovery: { ...recovery, target: { ...recovery.target, remembered: true as const } } };
  expect(await takeEvidence(gone, high, road.road, signal)).toBeUndefined();
});
