import { Redis } from 'ioredis';
import { recover } from '../../src/flow.ts';
import { createRaceRoad, outside } from '../fakes/race-road.ts';

/** One process of the race: `node limits-race-worker.js REDIS_URL PLATFORM_URL NAME`. Takes rings until it is killed. */
const [url = '', platform = '', worker = ''] = process.argv.slice(2);
const redis = new Redis(url);
const queue = new Redis(url);
const road = createRaceRoad(redis, worker, platform, () => {});
const never = new AbortController().signal;

async function answer(recovery: string): Promise<void> {
  const answered = await recover({ recovery, attempt: 1, made: 0, lastTry: false }, road, never);
  const told = JSON.stringify({ worker, recovery, ...answered });
  await redis.multi().rpush(outside.told, told).lrem(outside.taken(worker), 1, recovery).exec();
}

console.log('ready');
for (;;) {
  const recovery = await queue.blmove(outside.work, outside.taken(worker), 'LEFT', 'RIGHT', 0);
  // What it throws ends the process, and the race with it. As many at a time as there are targets.
  if (recovery !== null) void answer(recovery);
}
