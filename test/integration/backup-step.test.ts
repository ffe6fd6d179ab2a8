import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { backupContainer } from '../../src/actions/backup/container.ts';
import { askBackup } from '../../src/backups/ask-backup.ts';
import { createBackupsClient } from '../../src/backups/for-actions.ts';
import { createRepository, type Repository } from '../../src/backups/restic/repository.ts';
import { runBackup } from '../../src/backups/run-backup.ts';
import { defineSource } from '../../src/backups/source-kind.ts';
import type { Verified } from '../../src/domain/action.ts';
import type { Produced } from '../../src/domain/backup.ts';
import type { BackupSource } from '../../src/domain/backup-source.ts';
import type { BackupStore } from '../../src/domain/backup-store.ts';
import type { Clients } from '../../src/domain/clients.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { realClock } from '../../src/domain/real-clock.ts';
import { no, type Verdict, yes } from '../../src/domain/verdict.ts';
import { createRedisBackups } from '../../src/store/redis-backups.ts';
import { redisOfFile } from '../fakes/redis-of-file.ts';

const { redis } = redisOfFile();
const never = new AbortController().signal;
const docker = { docker: new Map(), kubernetes: new Map() };

let folder: string;
let repository: Repository;
let store: BackupStore;
let clients: Clients;
let content: () => Readable;
let isWhole: Verdict;
/** What was begun goes on beside the test, as it does beside the road. */
let going: Promise<unknown>[];

const orders: BackupSource = {
  name: 'orders',
  kind: 'told',
  params: { container: 'docker/edge-1/container/db' },
  repository: 'main',
  keep: { last: 9 },
  rpoMs: 1,
  rtoMs: 1,
  timeoutMs: 60_000,
  drill: { probes: [], timeoutMs: 60_000 },
};
const told = defineSource({
  kind: 'told',
  class: 'data',
  params: z.object({ container: z.string() }),
  title: () => 'what it is told to',
  open: async (): Promise<Produced> => ({
    file: 'orders.txt',
    stream: content(),
    whole: () => Promise.resolve(isWhole),
    stop: () => undefined,
  }),
  examine: async (read) => ({ shape: { bytes: (await text(read)).length, counts: {} } }),
});
const source = (name: string): BackupSource | undefined => (name === 'orders' ? orders : undefined);
const asking = () => ({
  store,
  clock: realClock,
  sources: () => [orders],
  bell: {
    ring: async (id: string) => void going.push(runBackup(id, { ...deps(), clients: () => docker }, never)),
    isLive: async () => true,
  },
});
const deps = () => ({
  store,
  dataDir: () => folder,
  clock: realClock,
  source,
  kind: () => told,
  repository: () => repository,
});

/** A process that remembers what is in that store, and nothing else. */
function begin(prefix: string): void {
  store = createRedisBackups(redis(), prefix);
  clients = { ...docker, backups: createBackupsClient(asking(), deps()) };
}
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'paramedic-step-'));
  content = () => Readable.from([Buffer.from('all the orders')]);
  isWhole = yes('all of it');
  going = [];
  const place = { name: 'main', location: join(folder, 'repository'), password: { reveal: () => 'right' }, env: {} };
  repository = createRepository(place, { cacheDir: join(folder, 'cache') });
  begin(`step${randomBytes(4).toString('hex')}:`);
});
afterEach(async () => {
  await Promise.allSettled(going);
  rmSync(folder, { recursive: true, force: true });
});

const target = { kind: 'container', key: 'docker/edge-1/container/web' };
async function plan(params: object = {}): Promise<readonly Plan[] | Verdict> {
  const given = { source: 'orders', max_age: '1h', ...params };
  const extra = await backupContainer.observe(target, clients, given);
  return backupContainer.plan({
    target,
    state: {},
    extra,
    params: given,
    labels: {},
    recovery: 'r_1',
    now: Date.now(),
  });
}
async function change(params: object = {}): Promise<Record<string, unknown>> {
  const plans = await plan(params);
  if ('ok' in plans || plans[0] === undefined) throw new Error(JSON.stringify(plans));
  return JSON.parse(JSON.stringify(plans[0].change)) as Record<string, unknown>;
}
const apply = (pinned: unknown, signal = never): Promise<void> => backupContainer.apply(pinned, clients, signal);
const verdict = async (pinned: unknown): Promise<Verified> =>
  backupContainer.verify({ before: {}, state: {}, change: pinned, seen: await backupContainer.look(pinned, clients) });
const runs = () => store.runs({ limit: 99 });
const byHand = async (): Promise<string> => {
  const asked = await askBackup('orders', { work: 'backup', trigger: { by: 'hand', who: 'ana' } }, asking());
  return asked.run ?? '';
};
/** A source that says all it has when it is let. */
function held(): PassThrough & { readonly begun: Promise<void> } {
  const stream = new PassThrough();
  const begun = new Promise<void>((resolve) => {
    content = () => {
      resolve();
      return stream;
    };
  });
  return Object.assign(stream, { begun });
}

describe('a backup as a step', () => {
  it('is made, for its recovery, and verified; applied twice it is one', async () => {
    const pinned = await change();
    expect(await backupContainer.settled(pinned, clients)).toBe('not-done');
    await apply(pinned);
    await apply(pinned);
    expect(await backupContainer.settled(pinned, clients)).toBe('done');
    const made = await runs();
    expect(made).toMatchObject([
      { id: pinned['run'], result: 'verified', trigger: { by: 'recovery', recovery: 'r_1' } },
    ]);
    expect(await verdict(pinned)).toMatchObject({
      ok: true,
      reason: expect.stringContaining(
        `${made[0]?.id}: recovery point ${made[0]?.snapshot?.slice(0, 8)} of orders in main, 14 B`,
      ),
    });
    expect(await repository.snapshots({ tag: 'paramedic-data' })).toHaveLength(1);
  });

  it('has nothing to do while there is one that is young enough, also when nothing is remembered of it', async () => {
    await apply(await change());
    const reason = expect.stringMatching(
      /^orders is not backed up: recovery point [0-9a-f]{8} of .* ago \(14 B\) is there/,
    );
    expect(await plan()).toEqual({ ok: false, reason });
    begin('forgotten:');
    expect(await plan()).toEqual({ ok: false, reason });
  });

  it('is made when the one that is remembered is not in the repository any more', async () => {
    await apply(await change());
    const [first] = await runs();
    await repository.forget([first?.snapshot ?? '']);
    const pinned = await change();
    expect((await verdict(pinned)).ok).toBe(false);
    await apply(pinned);
    expect(await verdict(pinned)).toMatchObject({ ok: true, reason: expect.stringContaining(String(pinned['run'])) });
    expect(await runs()).toHaveLength(2);
  });

  it('fails when its repository is gone, whatever is remembered, and is not begun again', async () => {
    await apply(await change());
    rmSync(join(folder, 'repository'), { recursive: true });
    const pinned = await change();
    await apply(pinned);
    await apply(pinned);
    expect(await backupContainer.settled(pinned, clients)).toBe('done');
    expect(await verdict(pinned)).toMatchObject({
      ok: false,
      certain: true,
      reason: expect.stringContaining('was used before, and is not made again by itself'),
    });
    expect(await runs()).toHaveLength(2);
  });

  it('that is not whole is none', async () => {
    isWhole = no('it ended with exit code 1');
    const pinned = await change();
    await apply(pinned);
    expect(await verdict(pinned)).toMatchObject({ ok: false, reason: expect.stringContaining('exit code 1') });
  });
});

describe('beside another one', () => {
  it('it waits for that, and begins none when that will do', async () => {
    const pinned = await change();
    const stream = held();
    const other = await byHand();
    const applied = apply(pinned);
    stream.end('all the orders');
    await applied;
    expect(await runs()).toMatchObject([{ id: other, result: 'verified' }]);
    expect((await verdict(pinned)).reason).toContain(`${other}, which somebody else had begun`);
  });

  it('it begins its own when that comes to nothing', async () => {
    const pinned = await change();
    const stream = held();
    const other = await byHand();
    const applied = apply(pinned);
    await stream.begun;
    content = () => Readable.from([Buffer.from('all the orders')]);
    stream.destroy(new Error('the connection was reset'));
    await applied;
    expect(await runs()).toMatchObject([
      { id: pinned['run'], result: 'verified' },
      { id: other, result: 'failed' },
    ]);
    expect((await verdict(pinned)).ok).toBe(true);
  });
});

describe('a backup that goes on', () => {
  it('is left to itself when the process stops, and taken up by the next', async () => {
    const pinned = await change();
    const stream = held();
    const stopping = new AbortController();
    const applied = apply(pinned, stopping.signal);
    await expect.poll(async () => (await runs()).length).toBe(1);
    stopping.abort();
    await expect(applied).rejects.toMatchObject({ name: 'ActionError', reason: 'aborted' });
    expect(await backupContainer.settled(pinned, clients)).toBe('not-done');
    const again = apply(pinned);
    stream.end('all the orders');
    await again;
    expect(await runs()).toMatchObject([{ id: pinned['run'], result: 'verified' }]);
  });

  it('is not waited for longer than it may take', async () => {
    const stream = held();
    const pinned = { ...(await change()), waitMs: 300 };
    await expect(apply(pinned)).rejects.toMatchObject({
      reason: 'timeout',
      retryable: false,
      message: expect.stringContaining('has not ended within 300ms'),
    });
    await apply({ ...pinned, required: false });
    stream.end('all the orders');
  });
});

it('of a source that is not in the configuration any more is refused, and holds nothing up that may go on without', async () => {
  const pinned = await change({ source: 'gone' });
  await expect(apply(pinned)).rejects.toMatchObject({ reason: 'not-found', retryable: false });
  await apply({ ...pinned, required: false });
  await expect(backupContainer.apply(pinned, docker, never)).rejects.toMatchObject({ reason: 'not-found' });
  expect(await backupContainer.settled(pinned, docker)).toBe('not-done');
  expect((await verdict({ ...pinned, required: false })).ok).toBe(true);
});

it('what a source names is what a restore changes', async () => {
  expect(await clients.backups?.source('orders')).toMatchObject({
    objects: ['docker/edge-1/container/db'],
    restorable: false,
    unread: expect.any(String),
  });
});
