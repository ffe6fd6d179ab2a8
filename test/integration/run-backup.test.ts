import { randomBytes } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createRepository, type Repository } from '../../src/backups/restic/repository.ts';
import type { BackupDeps } from '../../src/backups/begun.ts';
import { runBackup } from '../../src/backups/run-backup.ts';
import { defineSource } from '../../src/backups/source-kind.ts';
import type { Produced } from '../../src/domain/backup.ts';
import type { BackupRun } from '../../src/domain/backup-run.ts';
import type { BackupStore } from '../../src/domain/backup-store.ts';
import { realClock } from '../../src/domain/real-clock.ts';
import { yes } from '../../src/domain/verdict.ts';
import { createRedisBackups } from '../../src/store/redis-backups.ts';
import { redisOfFile } from '../fakes/redis-of-file.ts';
import { cheapRepository } from '../harness/cheap-repository.ts';

const { redis } = redisOfFile();
const never = new AbortController().signal;

let folder: string;
let repository: Repository;
let store: BackupStore;
let content: () => Readable;
let deps: BackupDeps;
const location = (): string => join(folder, 'repository');

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'paramedic-run-'));
  store = createRedisBackups(redis(), `rb${randomBytes(4).toString('hex')}:`);
  content = () => Readable.from([Buffer.from('all the orders')]);
  repository = createRepository(
    { name: 'main', location: location(), password: { reveal: () => 'right' }, env: {} },
    { cacheDir: join(folder, 'cache') },
  );
  deps = depsWith(store);
  await cheapRepository(location(), 'right');
});
/** As it is before the first backup: who needs it makes it. */
const notThereYet = (): void => rmSync(location(), { recursive: true });
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const depsWith = (of: BackupStore): BackupDeps => ({
  store: of,
  clock: realClock,
  clients: () => ({ docker: new Map(), kubernetes: new Map() }),
  source: (name) => (name === 'orders' ? source : undefined),
  kind: () => told,
  repository: (name) => (name === 'main' ? repository : undefined),
  mayBringBack: async () => yes('it goes on'),
  mayMend: () => true,
  dataDir: () => folder,
});

const told = defineSource({
  kind: 'told',
  class: 'data',
  params: z.object({}),
  title: () => 'what it is told to',
  open: async (): Promise<Produced> => ({
    file: 'orders.txt',
    stream: content(),
    whole: () => Promise.resolve(yes('all of it')),
    stop: () => undefined,
  }),
  examine: async (read) => {
    const all = await text(read);
    return all.includes('torn') ? { refused: 'it is torn' } : { shape: { bytes: all.length, counts: {} } };
  },
});

async function opened(source = 'orders', anySize = false): Promise<string> {
  const run: BackupRun = {
    ...waiting,
    id: `b_${randomBytes(8).toString('hex')}`,
    source,
    trigger: { by: 'hand', who: 'ana', ...(anySize && { anySize }) },
    openedAt: Date.now(),
  };
  expect(await store.open(run)).toEqual({ opened: true });
  return run.id;
}
const backUp = async (): Promise<BackupRun | undefined> => runBackup(await opened(), deps, never);

describe('the record of a backup', () => {
  it('ends with its recovery point, in a repository that was made for it', async () => {
    notThereYet();
    const run = await backUp();
    expect(run).toMatchObject({ state: 'ended', result: 'verified', bytes: 14, point: { source: 'orders' } });
    expect(Object.keys(run?.stages ?? {})).toEqual(['reading', 'verifying']);
    expect((await store.standing('orders')).last.backup?.stages).toEqual(run?.stages);
    expect(await store.repositoryId('main')).toBe(await repository.id());
    expect(await store.openRuns()).toEqual([]);
  });

  it('is not begun again when it has ended', async () => {
    const run = await backUp();
    expect(await runBackup(run?.id ?? '', deps, never)).toBeUndefined();
    expect(await repository.snapshots({ tag: 'paramedic-data' })).toHaveLength(1);
  });

  it('says that its source is not configured any more', async () => {
    const run = await runBackup(await opened('gone'), deps, never);
    const reason = 'source gone is not in the configuration any more';
    expect(run).toMatchObject({ result: 'failed', reason });
  });

  it('compares with the points before it', async () => {
    content = () => Readable.from([Buffer.alloc(1_000, 'x')]);
    await backUp();
    content = () => Readable.from([Buffer.from('few')]);
    expect(await backUp()).toMatchObject({ result: 'quarantined', snapshot: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  it('is as small as somebody says is right, and the next one is compared with that', async () => {
    content = () => Readable.from([Buffer.alloc(1_000, 'x')]);
    await backUp();
    content = () => Readable.from([Buffer.alloc(100, 'x')]);
    expect(await backUp()).toMatchObject({ result: 'quarantined' });
    expect(await runBackup(await opened('orders', true), deps, never)).toMatchObject({ result: 'verified' });
    expect(await backUp()).toMatchObject({ result: 'verified' });
    content = () => Readable.from([Buffer.alloc(50, 'x')]);
    expect(await backUp()).toMatchObject({ result: 'quarantined' });
  });

  it('is written by who has begun it last, and nobody before him', async () => {
    const id = await opened();
    const [begun, over] = [moment(), moment()];
    content = () =>
      Readable.from(
        (async function* () {
          yield Buffer.from('some');
          begun.come();
          await over.there;
        })(),
      );
    const first = expect(runBackup(id, deps, never)).rejects.toThrow(`another run looks after ${id} now`);
    await begun.there;
    content = () => Readable.from([Buffer.from('all of the orders')]);
    expect(await runBackup(id, deps, never)).toMatchObject({ result: 'verified', bytes: 17 });
    over.come();
    await first;
    expect(await store.run(id)).toMatchObject({ result: 'verified', bytes: 17 });
    expect(await repository.snapshots({ tag: 'paramedic-point' })).toHaveLength(1);
  });

  it('compares with what is in the repository, when nothing is remembered', async () => {
    content = () => Readable.from([Buffer.alloc(1_000, 'x')]);
    await backUp();
    await redis().flushall();
    content = () => Readable.from([Buffer.from('few')]);
    expect(await backUp()).toMatchObject({ result: 'quarantined' });
  });

  it('finds that the newest one was taken away, also when it fails itself', async () => {
    const newest = async () => (await store.standing('orders')).points.get('main')?.snapshot;
    const [first, second] = [await backUp(), await backUp()];
    await repository.forget([second?.snapshot ?? '']);
    content = () => Readable.from([Buffer.from('')]);
    expect(await backUp()).toMatchObject({
      result: 'failed',
      reason: expect.stringContaining(
        `of orders is not in main any more, and the newest that is there is ${first?.snapshot?.slice(0, 8)}`,
      ),
    });
    expect(await newest()).toBe(first?.snapshot);
  });

  it('goes to the repository that it was asked for', async () => {
    deps = { ...deps, source: () => ({ ...source, repository: 'other' }), repository: () => repository };
    expect((await backUp())?.reason).toBe(
      'source orders goes to repository other now: it was main when this was asked for',
    );
  });

  it('waits for another bell when we have to stop', async () => {
    const stop = new AbortController();
    content = () =>
      Readable.from(
        (async function* () {
          yield Buffer.from('some');
          stop.abort(new Error('stopping'));
          await new Promise((resolve) => setTimeout(resolve, 60_000).unref());
        })(),
      );
    const id = await opened();
    await expect(runBackup(id, deps, stop.signal)).rejects.toThrow('stopping');
    expect(await store.run(id)).toMatchObject({ state: 'waiting' });
    content = () => Readable.from([Buffer.from('all of it')]);
    expect(await runBackup(id, deps, never)).toMatchObject({ result: 'verified' });
  });
});

describe('what is kept', () => {
  it('is what the policy says of recovery points, and no broken one takes their place', async () => {
    deps = { ...deps, source: () => ({ ...source, keep: { last: 2 } }) };
    const ids: string[] = [];
    for (let n = 0; n < 3; n += 1) {
      content = () => Readable.from([Buffer.from(`version ${n} of the orders`)]);
      ids.push((await backUp())?.snapshot ?? '');
    }
    const kept = async () => (await repository.snapshots({ tag: 'paramedic-data' })).map(({ id }) => id).toSorted();
    expect(await kept()).toEqual(ids.slice(1).toSorted());
    expect(await repository.snapshots({ tag: 'paramedic-point' })).toHaveLength(2);

    content = () => Readable.from([Buffer.from('few')]);
    const doubtful = await backUp();
    expect(doubtful?.result).toBe('quarantined');
    expect(await kept()).toEqual([...ids.slice(1), doubtful?.snapshot ?? ''].toSorted());
  });

  it('is all that was there, what went in and what is written beside it, when a backup makes no recovery point', async () => {
    await backUp();
    await backUp();
    const good = (await repository.snapshots()).map(({ id }) => id);
    expect(good).toHaveLength(4);
    const broken = async function* () {
      yield Buffer.from('all the');
      throw new Error('the network is gone');
    };
    for (const [wrong, result] of [
      [() => Readable.from([Buffer.from('few')]), 'quarantined'],
      [() => Readable.from([Buffer.from('all the torn orders')]), 'failed'],
      [() => Readable.from(broken()), 'failed'],
    ] as const) {
      content = wrong;
      expect(await backUp()).toMatchObject({ result });
      expect((await repository.snapshots()).map(({ id }) => id)).toEqual(expect.arrayContaining(good));
    }
  });
});

describe('a repository', () => {
  it('is made once by many who need it at once', async () => {
    notThereYet();
    const others = Array.from({ length: 3 }, (_, n) => ({ n, store: createRedisBackups(redis(), 'many:') }));
    const ids = await Promise.all(
      others.map(async ({ n, store: of }) => {
        const id = `b_${String(n).padStart(16, '0')}`;
        const one = { ...depsWith(of), source: () => ({ ...source, name: `orders-${n}` }) };
        await of.open({ ...waiting, id, source: `orders-${n}` });
        return (await runBackup(id, one, never))?.result;
      }),
    );
    expect(ids).toEqual(['verified', 'verified', 'verified']);
    expect((await repository.check()).ok).toBe(true);
  });

  it('that was used and is not there is never made again', async () => {
    await backUp();
    renameSync(location(), `${location()}-not-mounted`);
    const run = await backUp();
    expect(run?.reason).toBe(
      `repository main is not at ${location()} any more: it was used before, and is not made again by itself (is the disk mounted?)`,
    );
    renameSync(`${location()}-not-mounted`, location());
    expect(await backUp()).toMatchObject({ result: 'verified' });
  });

  it('in the place of the one that was used is not written to', async () => {
    await backUp();
    rmSync(location(), { recursive: true });
    await cheapRepository(location(), 'right');
    expect((await backUp())?.reason).toMatch(
      /^what is at .* is another repository \([0-9a-f]{8}\) than repository main was/,
    );
    expect(await repository.snapshots()).toEqual([]);
  });
});

const source = {
  name: 'orders',
  kind: 'told',
  params: {},
  repository: 'main',
  keep: {},
  rpoMs: 1,
  rtoMs: 1,
  drill: { probes: [], timeoutMs: 60_000 },
  timeoutMs: 60_000,
} as const;
const waiting = {
  work: 'backup',
  source: 'orders',
  repository: 'main',
  trigger: { by: 'schedule' },
  state: 'waiting',
  openedAt: 1,
  bytes: 0,
} as const;

/** Something that others wait for. */
function moment(): { readonly there: Promise<void>; come(): void } {
  let come = (): void => undefined;
  return { there: new Promise<void>((resolve) => (come = resolve)), come: () => come() };
}
