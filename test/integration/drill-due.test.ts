import { expect, it } from 'vitest';
import { beginDue } from '../../src/backups/begin-due.ts';
import { standingOfSource } from '../../src/backups/source-standing.ts';
import type { BackupSource } from '../../src/domain/backup-source.ts';
import { realClock } from '../../src/domain/real-clock.ts';
import { createRedisBackups } from '../../src/store/redis-backups.ts';
import { heldPlace, heldSource } from '../fakes/held-source.ts';
import { redisOfFile } from '../fakes/redis-of-file.ts';

const { redis } = redisOfFile();
const at = (text: string): number => Date.parse(text);

const source = (cron?: string): BackupSource => ({
  name: 'orders',
  kind: 'told',
  params: {},
  repository: 'main',
  keep: {},
  rpoMs: 1,
  rtoMs: 1,
  timeoutMs: 60_000,
  drill: {
    probes: [],
    timeoutMs: 60_000,
    ...(cron !== undefined && { schedule: { cron, timeZone: 'Europe/Berlin', jitterMs: 0 } }),
  },
});

it('a drill has to have been well by its next time since the last good one, or since its schedule is looked at', async () => {
  const store = createRedisBackups(redis(), 'drill-due:');
  let now = at('2026-07-01T00:10Z');
  let configured = source('0 4 * * 1');
  const bell = { ring: async () => undefined, isLive: async () => true };
  const look = () => beginDue({ store, bell, clock: { ...realClock, now: () => now }, sources: () => [configured] });
  const dueAt = async () => (await standingOfSource(configured, heldSource(heldPlace('')), store, now)).drillDueAt;
  const drilled = async (text: string, result: 'verified' | 'failed') => {
    now = at(text);
    await look();
    const runs = await store.openRuns();
    expect(runs).toMatchObject([{ work: 'drill' }]);
    for (const { id } of runs) await store.update(id, { state: 'ended', endedAt: now, result, reason: '' });
  };

  expect(await dueAt()).toBeUndefined();
  await look();
  expect(await dueAt()).toBe(at('2026-07-06T02:00Z'));
  await drilled('2026-07-06T02:00Z', 'failed');
  expect(await dueAt()).toBe(at('2026-07-06T02:00Z'));
  await drilled('2026-07-13T02:00Z', 'verified');
  expect(await dueAt()).toBe(at('2026-07-20T02:00Z'));

  // Another schedule counts from the same: to change it again and again puts nothing off.
  now = at('2026-07-16T12:00Z');
  configured = source('0 5 * * 5');
  await look();
  expect(await dueAt()).toBe(at('2026-07-17T03:00Z'));
  now = at('2026-07-18T12:00Z');
  configured = source('0 5 * * 6');
  await look();
  expect(await dueAt()).toBe(at('2026-07-18T03:00Z'));
  configured = source();
  expect(await dueAt()).toBeUndefined();
});

it('that its schedule was there before this was remembered puts no drill off for ever', async () => {
  const store = createRedisBackups(redis(), 'drill-upgraded:');
  let now = at('2026-07-01T00:10Z');
  let configured = source('0 4 * * 1');
  const bell = { ring: async () => undefined, isLive: async () => true };
  const look = () => beginDue({ store, bell, clock: { ...realClock, now: () => now }, sources: () => [configured] });
  const dueAt = async () => (await standingOfSource(configured, heldSource(heldPlace('')), store, now)).drillDueAt;
  await look();
  // As a version before this one has left it: the turn is remembered, and nothing else.
  expect(await redis().del('drill-upgraded:backup:standing:orders')).toBe(1);
  await look();
  expect(await dueAt()).toBe(at('2026-07-06T02:00Z'));
  // One that was not on schedule meanwhile is counted from when it is again.
  configured = source();
  await look();
  now = at('2026-08-05T00:00Z');
  configured = source('0 4 * * 1');
  await look();
  expect(await dueAt()).toBe(at('2026-08-10T02:00Z'));
});
