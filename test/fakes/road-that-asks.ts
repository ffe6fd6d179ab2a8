import { expect } from 'vitest';
import type { Recovery, Result } from '../../src/domain/recovery.ts';
import { run, start } from './road-on-redis.ts';
import type { TestRoad } from './road.ts';

export const ada = { by: 'ada', reason: '' };

export async function record(road: TestRoad, recovery: string): Promise<Recovery> {
  const found = await road.road.store.recovery(recovery);
  if (found === undefined) throw new Error(`${recovery} is gone`);
  return found;
}

export async function resultOf(road: TestRoad, recovery: string, attempt = 1): Promise<Result | 'nothing'> {
  const ended = await run(road, recovery, attempt);
  return 'outcome' in ended ? ended.outcome.result : 'nothing';
}

/** A recovery that waits for a human. */
export async function waiting(road: TestRoad): Promise<string> {
  const recovery = await start(road);
  expect(await resultOf(road, recovery)).toBe('awaiting-approval');
  road.rings.length = 0;
  return recovery;
}

/** What humans were called for. */
export const calls = ({ events }: TestRoad): readonly string[] =>
  events.flatMap((event) => (event.event === 'page' ? [event.reason] : []));
