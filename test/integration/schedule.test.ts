import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askBackup, ringAgain } from '../../src/backups/ask-backup.ts';
import { beginDue, type DueDeps, nextOf } from '../../src/backups/begin-due.ts';
import { turnName } from '../../src/backups/turn-of.ts';
import type { BackupSource } from '../../src/domain/backup-source.ts';
import type { BackupRun } from '../../src/domain/backup-run.ts';
import { realClock } from '../../src/domain/real-clock.ts';
import type { Schedule } from '../../src/domain/schedule.ts';
import { createBackups, createBackupsWorker } from '../../src/queue/backups.ts';
import { createRedisBackups } from '../../src/store/redis-backups.ts';
import { redisOfFile } from '../fakes/redis-of-file.ts';

const { redis, server } = redisOfFile();
const hour = 3_600_000;
const at = (text: string): number => Date.parse(text);
const cron = (text: string, timeZone = 'Europe/Berlin'): Schedule => ({ cron: text, timeZone, jitterMs: 0 });

let now: number;
let prefix: string;
let ends: (() => unknown)[];
let config: readonly BackupSource[];

beforeEach(() => {
  prefix = `sc${randomBytes(4).toString('hex')}:`;
  ends = [];
  config = [source({ schedule: cron('0 * * * *') })];
  now = at('2026-07-01T00:10Z');
});
afterEach(async () => {
  for (const end of ends.toReversed()) await end();
});

const source = (more: Partial<BackupSource> = {}, name = 'orders'): BackupSource => ({
  name,
  kind: 'told',
  params: {},
  repository: 'main',
  keep: {},
  rpoMs: 1,
  rtoMs: 1,
  timeoutMs: 60_000,
  drill: { probes: [], timeoutMs: 60_000 },
  ...more,
});

/** What a Paramedic has of its own: a connection, the queue, and a worker that ends each run. */
function process() {
  const connection = new Redis(server().url, { maxRetriesPerRequest: null });
  connection.on('error', () => undefined);
  const store = createRedisBackups(connection, prefix);
  const bell = createBackups(connection, `${prefix}queue`);
  for (const queue of bell.queues) queue.on('error', () => undefined);
  const deps: DueDeps = { store, bell, clock: { ...realClock, now: () => now }, sources: () => config };
  ends.push(
    () => connection.disconnect(),
    () => bell.close(),
  );
  const answered: string[] = [];
  return {
    ...deps,
    store,
    bell,
    answered,
    work() {
      const worker = createBackupsWorker(
        connection,
        `${prefix}queue`,
        async (id) => {
          answered.push(id);
          await store.update(id, { state: 'ended', endedAt: now, result: 'verified', reason: 'as it was told' });
          return store.run(id);
        },
        new AbortController().signal,
      );
      worker.on('error', () => undefined);
      ends.push(() => worker.close());
      return worker;
    },
  };
}
type Process = ReturnType<typeof process>;

const runsOf = async ({ store }: Process, work: BackupRun['work'] = 'backup'): Promise<string[]> =>
  (await store.runs({ source: 'orders', work, limit: 1_000 }))
    .map(({ openedAt }) => new Date(openedAt).toISOString().slice(0, 16))
    .toReversed();

/** Ends what goes on, as a worker does, only sooner. */
async function endAll({ store }: Process, result: 'verified' | 'failed' = 'verified'): Promise<void> {
  for (const { id } of await store.openRuns())
    await store.update(id, { state: 'ended', endedAt: now, result, reason: '' });
}

/** Upkeep by that clock until a time, each 10 minutes. */
async function upkeepUntil(one: Process, text: string): Promise<void> {
  for (; now < at(text); now += 600_000) {
    await beginDue(one);
    await endAll(one);
  }
}

describe('a schedule begins', () => {
  it('one run for 3 hours in which nobody was there, and the next one at its time', async () => {
    const one = process();
    await upkeepUntil(one, '2026-07-01T01:10Z');
    now += 3 * hour;
    await upkeepUntil(one, '2026-07-01T06:00Z');
    expect(await runsOf(one)).toEqual(['2026-07-01T01:00', '2026-07-01T04:10', '2026-07-01T05:00']);
  });

  it.each([
    ['2026-03-28T12:00Z', '2026-03-30T12:00Z', ['2026-03-29T01:00', '2026-03-30T00:30']],
    ['2026-10-24T12:00Z', '2026-10-26T12:00Z', ['2026-10-25T00:30', '2026-10-26T01:30']],
  ])('one run a day where clocks are changed, from %s', async (from, to, expected) => {
    config = [source({ schedule: cron('30 2 * * *') })];
    now = at(from);
    const one = process();
    await upkeepUntil(one, to);
    expect(await runsOf(one)).toEqual(expected);
  });

  it('one run when the clock jumps, forwards and back', async () => {
    const one = process();
    await upkeepUntil(one, '2026-07-01T01:20Z');
    now += 3 * hour;
    await upkeepUntil(one, '2026-07-01T04:50Z');
    now -= 3 * hour;
    await upkeepUntil(one, '2026-07-01T02:10Z');
    const opened = (await runsOf(one)).toSorted();
    expect(opened).toEqual(['2026-07-01T01:00', '2026-07-01T01:50', '2026-07-01T02:00', '2026-07-01T04:20']);
  });

  it('drills beside backups', async () => {
    config = [
      source({ schedule: cron('0 * * * *'), drill: { probes: [], timeoutMs: 1, schedule: cron('0 4 * * *', 'UTC') } }),
    ];
    const one = process();
    await beginDue(one);
    now = at('2026-07-01T04:00Z');
    await beginDue(one);
    expect(await runsOf(one)).toEqual(['2026-07-01T04:00']);
    expect(await runsOf(one, 'drill')).toEqual(['2026-07-01T04:00']);
    const [run] = await one.store.openRuns();
    expect(run).toMatchObject({ trigger: { by: 'schedule' }, state: 'waiting', repository: 'main' });
  });

  it('nothing for a source without one', async () => {
    config = [source()];
    const one = process();
    await upkeepUntil(one, '2026-07-01T03:00Z');
    expect(await runsOf(one)).toEqual([]);
    expect(await redis().keys(`${prefix}backup:*`)).toEqual([]);
  });
});

describe('exactly one run is begun', () => {
  it('by many processes that look at the same moment, and it is answered once', async () => {
    const all = Array.from({ length: 4 }, () => process());
    const [first] = all;
    if (first === undefined) throw new Error('there is none');
    await beginDue(first);
    now = at('2026-07-01T01:00Z');
    await Promise.all([...all, ...all].map((one) => beginDue(one)));
    expect(await runsOf(first)).toEqual(['2026-07-01T01:00']);
    const [run] = await first.store.openRuns();

    const done = all
      .map((one) => one.work())
      .map((worker) => new Promise((resolve) => worker.once('completed', resolve)));
    await Promise.race(done);
    now += 30_000;
    await Promise.all(all.map((one) => beginDue(one)));
    expect(all.flatMap(({ answered }) => answered)).toEqual([run?.id]);
    expect(await first.store.openRuns()).toEqual([]);
  });

  it('by one that is late: what it has read is not so any more', async () => {
    const one = process();
    const of = turnName('backup', 'orders', cron('0 * * * *'));
    await beginDue(one);
    const was = await one.store.turn(of, []);
    now = at('2026-07-01T01:00Z');
    await beginDue(one);
    await endAll(one);
    const asked = { work: 'backup', trigger: { by: 'schedule' } } as const;
    const late = { of, until: now + 1, timeZone: 'Europe/Berlin' };
    expect(await askBackup('orders', asked, one, { ...late, was })).toEqual({
      ok: false,
      reason: 'somebody else has seen to it that orders is done',
    });
    expect(await one.store.takeTurn({ ...late, was })).toBe(false);
    expect(await one.store.turn(of, [])).toEqual({ until: now, timeZone: 'Europe/Berlin' });
    expect(await runsOf(one)).toHaveLength(1);
  });

  it('when the process dies before it could ring', async () => {
    const one = process();
    await beginDue(one);
    now = at('2026-07-01T01:00Z');
    const dies = { ...one.bell, ring: () => Promise.reject(new Error('it died')) };
    await beginDue({ ...one, bell: dies });
    const other = process();
    await beginDue(other);
    await ringAgain(other);
    expect(await runsOf(other)).toHaveLength(1);
    const worker = other.work();
    await new Promise((resolve) => worker.once('completed', resolve));
    expect(other.answered).toHaveLength(1);
  });

  it('when the one that goes on ends late: it waits for that', async () => {
    const one = process();
    await beginDue(one);
    await askBackup('orders', { work: 'backup', trigger: { by: 'hand', who: 'ana' } }, one);
    now = at('2026-07-01T03:20Z');
    await beginDue(one);
    expect(await runsOf(one)).toHaveLength(1);
    await endAll(one);
    now += 30_000;
    await beginDue(one);
    await endAll(one);
    await beginDue(one);
    expect(await runsOf(one)).toEqual(['2026-07-01T00:10', '2026-07-01T03:20']);
  });

  it('when it fails: it is not repeated before its next time', async () => {
    const one = process();
    await beginDue(one);
    now = at('2026-07-01T01:00Z');
    await beginDue(one);
    await endAll(one, 'failed');
    for (; now < at('2026-07-01T02:00Z'); now += 600_000) await beginDue(one);
    expect(await runsOf(one)).toEqual(['2026-07-01T01:00']);
    await beginDue(one);
    expect(await runsOf(one)).toEqual(['2026-07-01T01:00', '2026-07-01T02:00']);
  });
});

describe('a schedule that is changed', () => {
  it('begins with its next time, and nothing is begun at once', async () => {
    const one = process();
    await upkeepUntil(one, '2026-07-01T01:10Z');
    config = [source({ schedule: cron('5 1 * * *', 'UTC') })];
    await upkeepUntil(one, '2026-07-01T23:00Z');
    expect(await runsOf(one)).toEqual(['2026-07-01T01:00']);
    expect(await nextOf(config[0] ?? source(), one.store, now)).toEqual({
      backup: { at: at('2026-07-02T01:05Z'), timeZone: 'UTC' },
    });
  });

  it('in its zone alone does once what was missed meanwhile', async () => {
    const daily = (timeZone: string) => [source({ schedule: cron('30 2 * * *', timeZone) })];
    config = daily('Europe/Berlin');
    const one = process();
    await upkeepUntil(one, '2026-07-01T12:00Z');
    config = daily('UTC');
    now = at('2026-07-02T09:00Z');
    await upkeepUntil(one, '2026-07-03T12:00Z');
    expect(await runsOf(one)).toEqual(['2026-07-01T00:30', '2026-07-02T09:00', '2026-07-03T02:30']);
  });

  it('by a version that went by the zone of the machine is gone on with in UTC', async () => {
    const unnamed = { ...cron('30 2 * * *', 'UTC'), unnamedZone: true } as const;
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
    config = [source({ schedule: unnamed }), source({ schedule: { ...unnamed, atOnce: true } }, 'own')];
    const one = process();
    const seen = { orders: at('2026-07-01T02:30:10Z'), own: at('2026-07-02T08:00Z') };
    for (const [name, until] of Object.entries(seen))
      await redis().set(`${prefix}backup:turn:backup ${name} 30 2 * * * ${own}`, until);
    now = at('2026-07-02T09:00Z');
    await upkeepUntil(one, '2026-07-02T12:00Z');
    expect((await one.store.runs({ limit: 9 })).map((run) => [run.source, run.openedAt])).toEqual([
      ['orders', at('2026-07-02T09:00Z')],
    ]);
  });

  it('is none when it was written again as it was', async () => {
    const one = process();
    await upkeepUntil(one, '2026-07-01T00:50Z');
    now = at('2026-07-01T02:30Z');
    config = [source({ schedule: cron('0 * * * *') })];
    await beginDue(one);
    expect(await runsOf(one)).toEqual(['2026-07-01T02:30']);
  });
});

it('one source whose record can not be read keeps no other one from its backup', async () => {
  config = [source({ schedule: cron('0 * * * *') }, 'broken'), source({ schedule: cron('0 * * * *') })];
  const one = process();
  await beginDue(one);
  const of = turnName('backup', 'broken', cron('0 * * * *'));
  await redis().set(`${prefix}backup:turn:${of}`, 'soon');
  now = at('2026-07-01T01:00Z');
  await expect(beginDue(one)).rejects.toThrow(
    `Up to when a schedule was seen to can not be read in Redis: delete ${prefix}backup:turn:${of}, and it begins anew.`,
  );
  expect(await runsOf(one)).toEqual(['2026-07-01T01:00']);
});
