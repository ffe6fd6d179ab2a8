import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BackupDeps } from '../../src/backups/begun.ts';
import { createRepository, type Repository } from '../../src/backups/restic/repository.ts';
import { runBackup } from '../../src/backups/run-backup.ts';
import type { BackupRun } from '../../src/domain/backup-run.ts';
import type { BackupSource } from '../../src/domain/backup-source.ts';
import { LookAgain } from '../../src/domain/errors.ts';
import { realClock } from '../../src/domain/real-clock.ts';
import { no, yes } from '../../src/domain/verdict.ts';
import { createRedisBackups } from '../../src/store/redis-backups.ts';
import { heldPlace, type HeldPlace, heldSource } from '../fakes/held-source.ts';
import { redisOfFile } from '../fakes/redis-of-file.ts';

const { redis } = redisOfFile();
const never = new AbortController().signal;

let folder: string;
let repository: Repository;
let deps: BackupDeps;
let source: BackupSource;
let at: HeldPlace;

const orders = 'one\ntwo\nthree';
/** What does not get smaller when it is compressed. */
const large = (): string => randomBytes(40_000).toString('base64');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'paramedic-restore-'));
  at = heldPlace(orders);
  repository = createRepository(
    { name: 'main', location: join(folder, 'repository'), password: { reveal: () => 'right' }, env: {} },
    { cacheDir: join(folder, 'cache') },
  );
  source = {
    name: 'orders',
    kind: 'told',
    params: {},
    repository: 'main',
    keep: { last: 9 },
    rpoMs: 60_000,
    rtoMs: 60_000,
    timeoutMs: 60_000,
    drill: { probes: [{ ask: { query: 'how long' }, atLeast: orders.length }], timeoutMs: 60_000 },
  };
  const store = createRedisBackups(redis(), `rr${randomBytes(4).toString('hex')}:`);
  deps = {
    store,
    clock: realClock,
    clients: () => ({ docker: new Map(), kubernetes: new Map() }),
    source: () => source,
    kind: () => heldSource(at),
    repository: () => repository,
    mayBringBack: async () => yes('it goes on'),
    dataDir: () => folder,
  };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
async function open(work: BackupRun['work'], more: Partial<BackupRun> = {}): Promise<string> {
  count += 1;
  const id = `${work}_${count}`;
  const trigger = { by: 'hand', who: 'ana' } as const;
  const record: BackupRun = {
    id,
    work,
    source: 'orders',
    repository: 'main',
    trigger,
    state: 'waiting',
    openedAt: Date.now(),
    bytes: 0,
    ...more,
  };
  expect(await deps.store.open(record)).toEqual({ opened: true });
  return id;
}
async function run(work: BackupRun['work'], more: Partial<BackupRun> = {}): Promise<BackupRun> {
  const ended = await runBackup(await open(work, more), deps, never);
  if (ended === undefined) throw new Error('it had ended');
  return ended;
}
/** The packs that hold what was backed up are damaged; those that only say what there is are smaller. */
function corrupt(): void {
  const data = join(folder, 'repository', 'data');
  const packs = readdirSync(data).flatMap((sub) => readdirSync(join(data, sub)).map((pack) => join(data, sub, pack)));
  const found = packs.filter((pack) => statSync(pack).size > 10_000);
  expect(found.length).toBeGreaterThan(0);
  // A pack that is too short restic asks for again and again, for a minute.
  for (const pack of found) writeFileSync(pack, readFileSync(pack).fill(0x5a, 1_000, 2_000));
  rmSync(join(folder, 'cache'), { recursive: true, force: true });
}

describe('a drill', () => {
  it('brings the newest recovery point back elsewhere, counts, asks, and takes it away', async () => {
    await run('backup');
    at.held = 'another\nfew\nlines';
    const { snapshot } = await run('backup');
    const ended = await run('drill');
    expect(ended).toMatchObject({ result: 'verified', snapshot, state: 'ended' });
    expect(ended.reason).toMatch(
      /^brought back in \S+ of an RTO of 1m: all there: 3 lines; the probe "how long" said "17"$/,
    );
    expect(Object.keys(ended.stages ?? {})).toEqual(['preparing', 'restoring', 'proving']);
    expect(at.scratch).toMatchObject({ held: at.held, removed: 1 });
    expect(existsSync(join(folder, 'drills', ended.id))).toBe(false);
  });

  it.each(['half', 'nothing'] as const)('fails when %s of it came back', async (bring) => {
    await run('backup');
    at.scratch.bring = bring;
    expect(await run('drill')).toMatchObject({ result: 'failed', reason: 'it is not all there: 1 lines of 3' });
    expect(at.scratch.removed).toBe(1);
  });

  it('tells what else was asked about what came back, and fails where that is a no', async () => {
    await run('backup');
    at.scratch.proof = yes('it would be taken');
    expect(await run('drill')).toMatchObject({
      result: 'verified',
      reason: expect.stringMatching(/: all there: 3 lines; it would be taken; the probe /),
    });
    at.scratch.proof = no('it would not be taken');
    expect(await run('drill')).toMatchObject({ result: 'failed', reason: 'it would not be taken' });
    expect(at.scratch.removed).toBe(2);
  });

  it('fails when a probe does', async () => {
    await run('backup');
    source = { ...source, drill: { ...source.drill, probes: [{ ask: { command: ['true'] }, matches: '^ok$' }] } };
    expect(await run('drill')).toMatchObject({
      result: 'failed',
      reason: 'the probe true said "hm", which does not match ^ok$',
    });
  });

  it('fails when its pack is corrupted, and when the password is another', async () => {
    at.held = large();
    await run('backup');
    const right = repository;
    repository = createRepository(
      { ...right.place, password: { reveal: () => 'wrong' } },
      { cacheDir: join(folder, 'other') },
    );
    expect((await run('drill')).reason).toMatch(/password/);
    repository = right;
    corrupt();
    expect(await run('drill')).toMatchObject({
      result: 'failed',
      reason: expect.stringMatching(/^restic did not read \/orders\.txt of the snapshot /),
    });
    expect(at.scratch.held).toBeUndefined();
  });

  it('says that there is nothing to bring back, and that something is left', async () => {
    await repository.init();
    expect(await run('drill')).toMatchObject({
      result: 'failed',
      reason: 'there is no recovery point of orders in main',
    });
    await run('backup');
    at.scratch.sticks = true;
    expect(await run('drill')).toMatchObject({
      result: 'failed',
      reason: expect.stringMatching(/; and its scratch place could not be taken away: the engine does not answer$/),
    });
  });
});

describe('a restore', () => {
  it('puts the newest recovery point in the place of what is there, which is saved', async () => {
    const { snapshot } = await run('backup');
    at.held = 'somebody was here';
    const ended = await run('restore');
    expect(ended).toMatchObject({ result: 'verified', snapshot });
    expect(at.held).toBe(orders);
    const { saved = '' } = ended;
    expect(await text(await repository.read(saved, 'orders.txt'))).toBe('somebody was here');
    // It is no recovery point, and nothing that a backup is compared with.
    expect((await run('drill')).snapshot).toBe(snapshot);

    await run('restore', { wish: { snapshot: saved.slice(0, 8), unverified: true } });
    expect(at.held).toBe('somebody was here');
  });

  it('does not take a snapshot that is no recovery point, unless that is wished for', async () => {
    await run('backup');
    at.held = 'few';
    const { result, snapshot = '' } = await run('backup');
    expect(result).toBe('quarantined');
    at.held = 'present';
    expect(await run('restore', { wish: { snapshot } })).toMatchObject({
      result: 'failed',
      reason: expect.stringContaining('is no recovery point'),
    });
    expect(at.held).toBe('present');
    expect((await run('restore', { wish: { snapshot, unverified: true } })).result).toBe('verified');
    expect(at.held).toBe('few');
  });

  it('touches nothing when it can not be read whole', async () => {
    at.held = large();
    await run('backup');
    at.held = 'present';
    corrupt();
    const ended = await run('restore');
    expect(ended).toMatchObject({ result: 'failed', reason: expect.stringContaining('is not brought back: ') });
    expect(at.held).toBe('present');
  });

  it('touches nothing when what is there can not be saved, unless that is wished for', async () => {
    await run('backup');
    at.held = 'unreadable';
    expect((await run('restore')).reason).toMatch(/^nothing was touched: .*it can not be read.*--lose-present/);
    expect(at.held).toBe('unreadable');
    expect(await run('restore', { wish: { losePresent: true } })).toMatchObject({
      result: 'verified',
      reason: expect.stringMatching(/what was there before was not saved: that was wished for$/),
    });
    expect(at.held).toBe(orders);
  });

  it('that a recovery has asked for is asked about right before, and touches nothing when it is not wanted any more', async () => {
    await run('backup');
    at.held = 'present';
    deps = { ...deps, mayBringBack: async (recovery) => no(`ana cancelled ${recovery}`) };
    const trigger = { by: 'recovery', recovery: 'r_1' } as const;
    expect(await run('restore', { trigger })).toMatchObject({
      result: 'failed',
      reason: 'nothing was touched: ana cancelled r_1',
    });
    expect(at.held).toBe('present');
    deps = { ...deps, mayBringBack: async () => yes('it goes on') };
    expect((await run('restore', { trigger })).result).toBe('verified');
  });

  it('waits for the next bell while its repository is in use', async () => {
    await run('backup');
    at.held = 'present';
    const id = await open('restore');
    await deps.store.takeLane('main', 'exclusive', 'a check', 600_000);
    let now = Date.now();
    // Each look comes right after the one before it.
    const hurried = { now: () => now, sleep: async (ms: number) => void (now += ms) };
    await expect(runBackup(id, { ...deps, clock: hurried }, never)).rejects.toThrow(LookAgain);
    expect(await deps.store.run(id)).toMatchObject({ state: 'waiting' });
    expect(at.held).toBe('present');
    await deps.store.leaveLane('main', 'exclusive', 'a check');
    expect(await runBackup(id, deps, never)).toMatchObject({ result: 'verified' });
  });

  it('has failed when nothing of it came about, and says how to go back', async () => {
    await run('backup');
    at.held = 'somebody was here';
    at.isSwallowed = true;
    expect(await run('restore')).toMatchObject({
      result: 'failed',
      reason: expect.stringMatching(
        /^it is not all there: 1 lines of 3; what was there before is snapshot (\w{8}): paramedic restore orders --point \1 --unverified$/,
      ),
    });
  });

  it('is done again by the next process with the same snapshot, and has saved what was there first', async () => {
    const { snapshot } = await run('backup');
    at.held = 'present';
    const id = await open('restore');
    const stopping = new AbortController();
    at.beforeRestore = async () => {
      at.held = 'half of it';
      stopping.abort(new Error('Paramedic is stopping'));
      stopping.signal.throwIfAborted();
    };
    await expect(runBackup(id, deps, stopping.signal)).rejects.toThrow('Paramedic is stopping');
    expect(await deps.store.run(id)).toMatchObject({ state: 'waiting', snapshot });
    at.beforeRestore = async () => undefined;
    const ended = await runBackup(id, deps, never);
    expect(ended).toMatchObject({ result: 'verified', snapshot });
    expect(at.held).toBe(orders);
    expect(await text(await repository.read(ended?.saved ?? '', 'orders.txt'))).toBe('present');
  });
});
