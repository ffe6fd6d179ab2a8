import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { type BackingUp, createBackingUp } from '../../src/backing-up.ts';
import { defineSource } from '../../src/backups/source-kind.ts';
import type { Config } from '../../src/config/config.ts';
import type { BackupStore } from '../../src/domain/backup-store.ts';
import { ActionError } from '../../src/domain/errors.ts';
import { realClock } from '../../src/domain/real-clock.ts';
import { no, yes } from '../../src/domain/verdict.ts';
import { createRedisBackups } from '../../src/store/redis-backups.ts';
import { cheapRepository } from '../harness/cheap-repository.ts';
import { type RedisServer, startRedis } from '../harness/redis.ts';

const at = (text: string): number => Date.parse(text);
const utc = (cron: string) => ({ cron, timeZone: 'UTC', jitterMs: 0 });

let server: RedisServer;
let folder: string;
let config: Pick<Config, 'backups' | 'dataDir' | 'mode'>;
let now: number;
let ends: (() => unknown)[];
beforeEach(async () => {
  server = await startRedis();
  folder = mkdtempSync(join(tmpdir(), 'paramedic-scheduled-'));
  ends = [() => rmSync(folder, { recursive: true, force: true }), () => server.stop()];
  now = at('2026-07-01T00:10Z');
  const password = { reveal: () => 'right' };
  await cheapRepository(join(folder, 'main'), 'right');
  config = {
    dataDir: folder,
    mode: 'approve',
    backups: {
      repositories: [
        {
          name: 'main',
          location: join(folder, 'main'),
          password,
          env: {},
          check: { schedule: utc('0 5 * * *'), parts: 1 },
        },
      ],
      sources: [
        {
          name: 'orders',
          kind: 'told',
          params: {},
          repository: 'main',
          keep: { last: 3 },
          rpoMs: 1,
          rtoMs: 1,
          timeoutMs: 60_000,
          schedule: { ...utc('30 2 * * *'), timeZone: 'Europe/Berlin' },
          drill: { probes: [], timeoutMs: 60_000 },
        },
      ],
    },
  };
});
afterEach(async () => {
  for (const end of ends.toReversed()) await end();
});

const told = defineSource({
  kind: 'told',
  class: 'data',
  params: z.object({}),
  title: () => 'what it is told to',
  open: async () => ({
    file: 'orders.txt',
    stream: Readable.from([Buffer.from('all the orders')]),
    whole: () => Promise.resolve(yes('all of it')),
    stop: () => undefined,
  }),
  examine: async (read) => ({ shape: { bytes: (await buffer(read)).length, counts: {} } }),
  restore: async () => no('it is full'),
  mend: async () => {
    if (left === 'it does not answer') throw new ActionError(left, 'unreachable', true);
    const said = left;
    left = undefined;
    return said;
  },
});

/** What is left half-way, and what was told of that. */
let left: string | undefined;
const mended: string[] = [];

/** All that a Paramedic has of backups, and what its worker says of the next bell that it has answered. */
function start(): { readonly backingUp: BackingUp; readonly store: BackupStore; answer(): Promise<unknown> } {
  const connection = new Redis(server.url, { maxRetriesPerRequest: null, retryStrategy: () => 50 });
  const stopping = new AbortController();
  const store = createRedisBackups(connection);
  const backingUp = createBackingUp({
    mayBringBack: async () => yes('it goes on'),
    onMended: (sentence) => mended.push(sentence),
    config: () => config,
    clients: () => ({ docker: new Map(), kubernetes: new Map() }),
    store,
    spoken: store,
    clock: { ...realClock, now: () => now },
    kinds: [told],
    queue: { connection, prefix: 'scheduled', stopping: stopping.signal },
  });
  const ignore = (): void => undefined;
  connection.on('error', ignore);
  for (const queue of backingUp.bells.queues) queue.on('error', ignore);
  for (const worker of backingUp.workers) worker.on('error', ignore);
  ends.push(
    () => connection.disconnect(),
    () => backingUp.bells.close(),
    () => Promise.all(backingUp.workers.map((worker) => worker.close(true))),
  );
  const answer = (): Promise<unknown> =>
    new Promise((resolve) => {
      for (const worker of backingUp.workers) {
        worker.once('completed', (_job, said) => resolve(said));
        worker.once('failed', (_job, error) => resolve(error.message));
      }
    });
  return { backingUp, store, answer };
}

it('two processes on one Redis back up once, and say when the next one is; a Redis that was killed makes no second one', async () => {
  const all = [start(), start()];
  const [one] = all;
  if (one === undefined) throw new Error('there is none');
  const upkeep = () => Promise.all(all.map(({ backingUp }) => backingUp.upkeep()));
  const runs = () => one.store.runs({ source: 'orders', limit: 10 });
  await upkeep();
  now = at('2026-07-01T00:30Z');
  const first = Promise.race(all.map(({ answer }) => answer()));
  await upkeep();
  expect(await first).toMatch(/^verified: read back/);
  expect(await runs()).toMatchObject([{ trigger: { by: 'schedule' }, result: 'verified', openedAt: now }]);

  await server.kill();
  await server.restart();
  now += 30_000;
  await upkeep();
  expect((await one.backingUp.standings()).sources).toMatchObject([
    { name: 'orders', next: { backup: { at: at('2026-07-02T00:30Z'), timeZone: 'Europe/Berlin' } } },
  ]);
  expect(await runs()).toHaveLength(1);

  // Down for two nights.
  now = at('2026-07-03T08:00Z');
  const second = Promise.race(all.map(({ answer }) => answer()));
  await upkeep();
  await second;
  now += 30_000;
  await upkeep();
  expect((await runs()).map(({ openedAt }) => openedAt)).toEqual([at('2026-07-03T08:00Z'), at('2026-07-01T00:30Z')]);
});

it('a repository that was used is checked by whoever hears the bell', async () => {
  // The backup of the night was before that: nothing but the check is due then.
  now = at('2026-07-01T00:40Z');
  const one = start();
  const backup = one.answer();
  await one.backingUp.begin({ source: 'orders', work: 'backup' }, 'ana');
  await backup;
  await one.backingUp.upkeep();
  expect(await one.backingUp.repositories()).toMatchObject([
    { name: 'main', works: [{ work: 'check', next: { at: at('2026-07-01T05:00Z') }, dueAt: at('2026-07-01T05:00Z') }] },
  ]);
  now = at('2026-07-01T05:00Z');
  const check = one.answer();
  await one.backingUp.upkeep();
  expect(await check).toBe('done: its structure, and part 1 of 1 of its data: no errors');
  expect(await one.backingUp.repositories()).toMatchObject([
    { works: [{ last: { result: 'done' }, goodAt: now, dueAt: at('2026-07-02T05:00Z') }] },
  ]);
});

it('what a restore has left half-way is put right at the start, and again after one that failed', async () => {
  left = 'it does not answer';
  const { backingUp, answer } = start();
  await backingUp.upkeep();
  expect(mended).toEqual([]);
  left = 'it was read-only';
  await backingUp.upkeep();
  expect(mended).toEqual(['it was read-only']);
  left = 'somebody else has left that';
  await backingUp.upkeep();
  expect(mended).toEqual(['it was read-only']);

  left = 'it does not answer';
  config = { ...config, mode: 'observe' };
  const answered = answer();
  await backingUp.begin({ source: 'orders', work: 'restore' }, 'ana');
  expect(await answered).toMatch(/^failed: /);
  left = 'it was read-only again';
  // Who observes writes nothing that nobody asks for; and who does not any more, does.
  await backingUp.upkeep();
  expect(mended).toEqual(['it was read-only']);
  config = { ...config, mode: 'approve' };
  await backingUp.upkeep();
  expect(mended).toEqual(['it was read-only', 'it was read-only again']);
});

it('nothing is taken over of a source that no other Paramedic has under that name', async () => {
  const { backingUp, store } = start();
  expect(await backingUp.begin({ source: 'orders', work: 'backup', takeOver: true }, 'ana')).toEqual(
    no(
      '--take-over is for what Paramedic itself knows: a backup of orders goes on beside those of another Paramedic as it is; theirs stay until they are forgotten with restic, and can be had with --point (paramedic backups snapshots orders)',
    ),
  );
  expect(await store.runs({ limit: 10 })).toEqual([]);
});

it('what has no scratch place is not drilled, and nothing is remembered of that', async () => {
  const { backingUp, store } = start();
  expect(await backingUp.begin({ source: 'orders', work: 'drill' }, 'ana')).toEqual(
    no('orders can not be drilled: there is no way to bring back what a told source holds to a scratch place'),
  );
  expect(await store.runs({ limit: 10 })).toEqual([]);
  // Nor is what an earlier version has made of it told any more.
  const run = { id: 'd_1', source: 'orders', repository: 'main', trigger: { by: 'schedule' }, bytes: 0 } as const;
  await store.open({ ...run, work: 'drill', state: 'waiting', openedAt: now });
  await store.update('d_1', { state: 'ended', endedAt: now, result: 'failed', reason: 'there is no way' });
  const [orders] = await backingUp.sources();
  expect(orders).toMatchObject({ name: 'orders' });
  expect(orders).not.toHaveProperty('drill');
});
