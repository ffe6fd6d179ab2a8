import type { Outcome } from '../../src/domain/recovery.ts';
import { recover, triage } from '../../src/flow.ts';
import { createRedisStore } from '../../src/store/redis-store.ts';
import { redisOfFile } from './redis-of-file.ts';
import { createTestRoad, type TestRoad } from './road.ts';

/** Test roads on a real Redis of the calling test file, each with keys of its own. */
export function roadsOnRedis(): (options?: Parameters<typeof createTestRoad>[1]) => TestRoad {
  const { redis } = redisOfFile();
  let count = 0;
  return (options = {}) => createTestRoad(createRedisStore(redis(), `road${(count += 1)}:`), options);
}

/** Triage of one alert; the recovery that it opens. */
export async function start(road: TestRoad): Promise<string> {
  await triage(road.delivery(road.alert()), road.road);
  const ring = road.rings.at(-1);
  if (ring === undefined) throw new Error('no recovery was opened');
  return ring.recovery;
}

export const run = (road: TestRoad, recovery: string, attempt = 1, made = 0, lastTry = false, slowLeft = 0) =>
  recover({ recovery, attempt, made, lastTry, slowLeft }, road.road, new AbortController().signal);

/** One alert, one recovery, its outcome. */
export async function outcome(road: TestRoad): Promise<Outcome> {
  const answer = await run(road, await start(road));
  if (!('outcome' in answer)) throw new Error(JSON.stringify(answer));
  return answer.outcome;
}
