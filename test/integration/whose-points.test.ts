import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { BackupDeps } from '../../src/backups/begun.ts';
import { createBackupsClient } from '../../src/backups/for-actions.ts';
import { forgetOld } from '../../src/backups/forget-old.ts';
import { listSnapshots } from '../../src/backups/list-snapshots.ts';
import { pointsOf } from '../../src/backups/manifest.ts';
import { planRestore } from '../../src/backups/plan-restore.ts';
import type { Repository } from '../../src/backups/restic/repository.ts';
import { runBackup } from '../../src/backups/run-backup.ts';
import { runCare } from '../../src/backups/run-care.ts';
import type { SourceKind } from '../../src/backups/source-kind.ts';
import { restoreAll } from '../../src/cli/restore-all.ts';
import type { BackupRun, RestoreWish } from '../../src/domain/backup-run.ts';
import { realClock } from '../../src/domain/real-clock.ts';
import { yes } from '../../src/domain/verdict.ts';
import { ownIdentity } from '../../src/store/own-identity.ts';
import { createOwnState } from '../../src/store/own-state.ts';
import { createRedisBackups } from '../../src/store/redis-backups.ts';
import { heldPlace, heldSource } from '../fakes/held-source.ts';
import { redisOfFile } from '../fakes/redis-of-file.ts';
import { password, resticScene, type ResticScene } from '../harness/restic-scene.ts';

interface Params {
  readonly volume: string;
}
const never = new AbortController().signal;
const { redis } = redisOfFile();

let scene: ResticScene;
let main: Repository;
let offsite: Repository;
let count = 0;
beforeAll(async () => {
  scene = await resticScene();
});
afterAll(() => scene.remove());
beforeEach(async () => {
  count += 1;
  main = scene.open({ ...(await scene.made(`main${count}`)), name: 'main' });
  offsite = scene.open({ ...(await scene.made(`offsite${count}`)), name: 'offsite' });
});

/** A Paramedic with a store of its own, whose source `uploads` holds that. */
function paramedicWith(held: string, last: number) {
  const at = heldPlace(held);
  const prefix = `wp${randomBytes(4).toString('hex')}:`;
  const state = createOwnState(redis(), { version: '1.2.3', files: () => [] });
  const own = { ...state, identity: () => ownIdentity(redis(), prefix) };
  const store = createRedisBackups(redis(), prefix);
  const source = {
    name: 'uploads',
    kind: 'told',
    params: { volume: 'docker/edge/volume/uploads' },
    repository: 'main',
    keep: { last },
    rpoMs: 1,
    rtoMs: 60_000,
    timeoutMs: 60_000,
    drill: { probes: [], timeoutMs: 60_000 },
  };
  const kind: SourceKind = { ...heldSource(at), title: (params) => `the files of ${(params as Params).volume}` };
  const deps: BackupDeps = {
    store,
    clock: realClock,
    clients: () => ({ docker: new Map(), kubernetes: new Map(), own }),
    source: () => source,
    kind: () => kind,
    repository: (name) => (name === 'main' ? main : offsite),
    mayBringBack: async () => yes('it goes on'),
    mayMend: () => true,
    dataDir: () => scene.dir,
  };
  const asking = {
    store,
    bell: { ring: async () => undefined, isLive: async () => false },
    clock: realClock,
    sources: () => [source],
  };
  return {
    at,
    deps,
    source,
    identity: own.identity,
    async run(work: BackupRun['work'], more: Partial<BackupRun> = {}): Promise<BackupRun> {
      const id = `x_${randomBytes(8).toString('hex')}`;
      const run = {
        work,
        source: 'uploads',
        repository: 'main',
        trigger: { by: 'hand', who: 'ana' },
        bytes: 0,
      } as const;
      await store.open({ ...run, id, state: 'waiting', openedAt: Date.now(), ...more });
      const ended = await runBackup(id, deps, never);
      if (ended === undefined) throw new Error('it had ended');
      return ended;
    },
    async backUp(): Promise<string> {
      const ended = await this.run('backup');
      expect(ended).toMatchObject({ result: 'verified', point: { identity: await own.identity() } });
      return ended.snapshot ?? '';
    },
    plan: (wish: RestoreWish) => planRestore(source, kind, wish, main, deps.clients(), Date.now(), never),
    forActions: () => createBackupsClient(asking, deps).source('uploads', 'restore'),
    listed: () => listSnapshots('uploads', main, deps.clients(), never),
  };
}
const files = 'cat.jpg\ndog.jpg\ncow.jpg';
const points = async (repository = main) => [...pointsOf(await repository.snapshots()).keys()];

describe('of two Paramedics with one source in one repository', () => {
  it('none forgets a point of the other, or is compared with one', async () => {
    const [first, second] = [paramedicWith(files, 9), paramedicWith('one', 1)];
    const theirs = [await first.backUp(), await first.backUp(), await first.backUp()];
    await second.backUp();
    const mine = await second.backUp();
    expect((await points()).toSorted()).toEqual([...theirs, mine].toSorted());
    // One who has lost its Redis goes on, and is no other's.
    expect(await paramedicWith(files, 1).run('backup')).toMatchObject({ result: 'verified' });
  });

  it('what was there before a restore of the other stays, too, when it is old', async () => {
    const [first, second] = [paramedicWith(files, 9), paramedicWith('one', 1)];
    await first.backUp();
    await second.backUp();
    first.at.held = 'broken';
    const { saved = '' } = await first.run('restore');
    const late = { ...realClock, now: () => Date.now() + 31 * 86_400_000 };
    const there = async () => (await main.snapshots()).map(({ id }) => id);
    await forgetOld(second.source, await second.identity(), main, late, never);
    expect(await there()).toContain(saved);
    await forgetOld(first.source, await first.identity(), main, late, never);
    expect(await there()).not.toContain(saved);
  });

  it('the newest of its own is brought back by each, whatever the other one has made since', async () => {
    const [first, second] = [paramedicWith(files, 9), paramedicWith('one', 9)];
    const mine = await second.backUp();
    const theirs = await first.backUp();
    second.at.held = 'broken';
    expect(await second.plan({})).toMatchObject({ snapshot: mine });
    expect(await second.plan({})).not.toHaveProperty('of');
    expect(await second.run('drill')).toMatchObject({ result: 'verified', snapshot: mine });
    expect(await second.run('restore')).toMatchObject({ result: 'verified', snapshot: mine });
    expect(second.at.held).toBe('one');
    expect((await second.forActions())?.points.map(({ snapshot }) => snapshot)).toEqual([mine]);
    expect((await first.forActions())?.points.map(({ snapshot }) => snapshot)).toEqual([theirs]);
  });

  it('one that has none of its own takes none, unless it is named; and says whose it is', async () => {
    const [first, second] = [paramedicWith(files, 9), paramedicWith('one', 9)];
    const theirs = await first.backUp();
    const [a, b, made] = [await first.identity(), await second.identity(), (await first.listed())[0]?.at ?? 0];
    const short = theirs.slice(0, 8);
    const reason = `no recovery point of uploads in repository main is of this Paramedic, ${b}: the newest there, ${short} of ${new Date(made).toISOString()}, is of another one, ${a}; to take it all the same, say which: --point ${short} (paramedic backups snapshots uploads lists them all)`;
    expect(await second.plan({})).toBe(reason);
    for (const work of ['restore', 'drill'] as const)
      expect(await second.run(work)).toMatchObject({ result: 'failed', reason });
    expect(await second.forActions()).toMatchObject({ points: [], none: reason });
    expect(second.at.held).toBe('one');

    expect(await second.plan({ snapshot: short })).toMatchObject({ snapshot: theirs, of: a });
    expect(await second.run('restore', { wish: { snapshot: short } })).toMatchObject({ result: 'verified' });
    expect(second.at.held).toBe(files);
  });

  it('a newest one that was taken away is not followed by one of the other', async () => {
    const [first, second] = [paramedicWith(files, 9), paramedicWith('one', 9)];
    const mine = await second.backUp();
    await first.backUp();
    await main.forget([mine]);
    expect(await second.run('backup')).toMatchObject({
      result: 'verified',
      reason: expect.stringMatching(/of uploads is not in main any more, and there is no other one/),
    });
  });

  it('it is listed whose each is', async () => {
    const [first, second] = [paramedicWith(files, 9), paramedicWith('one', 9)];
    const all = [await first.backUp(), await second.backUp()].toReversed();
    expect(await second.listed()).toMatchObject([
      { snapshot: all[0], of: await second.identity(), isOurs: true },
      { snapshot: all[1], of: await first.identity(), isOurs: false },
    ]);
  });

  it('a copy keeps whose a point is, and there, too, none of the other is forgotten', async () => {
    const [first, second] = [paramedicWith(files, 9), paramedicWith('one', 9)];
    for (const one of [first, first, second, second]) await one.backUp();
    const id = `copy_main_${'0'.repeat(16)}`;
    const run = { id, state: 'waiting', openedAt: 1 } as const;
    await second.deps.store.writeCare({ repository: 'main', work: 'copy', version: 1, since: 1, run });
    const schedule = { cron: '0 5 * * *', timeZone: 'UTC', jitterMs: 0 };
    const configured = (name: string) =>
      name === 'main' ? { ...main.place, copy: { schedule, to: 'offsite' } } : offsite.place;
    const sources = () => [{ ...second.source, keep: { last: 1 } }];
    expect(await runCare(id, { ...second.deps, configured, sources }, never)).toMatchObject({
      result: 'done',
      reason: expect.stringMatching(/^4 recovery points were copied .*; uploads: 1 of 2 snapshots are kept$/) as string,
    });
    const held = async (one: typeof first) =>
      (await offsite.snapshots({ tag: `paramedic-data,identity=${await one.identity()}` })).length;
    expect([await held(first), await held(second)]).toEqual([2, 1]);
  });
});

it('a point of something else than its source is now is brought back only when it is named, and drilled all the same', async () => {
  const one = paramedicWith(files, 9);
  const snapshot = await one.backUp();
  const short = snapshot.slice(0, 8);
  one.source.params.volume = 'docker/edge/volume/other';
  one.at.held = 'of the other';
  const reason = `recovery point ${short} was made of the files of docker/edge/volume/uploads, and uploads is the files of docker/edge/volume/other now, in whose place it would be put; nothing was touched; paramedic restore uploads --point ${short} does that all the same`;
  expect(await one.plan({})).toBe(reason);
  expect(await one.run('restore')).toMatchObject({ result: 'failed', reason });
  const wish = { snapshot };
  const trigger = { by: 'recovery', recovery: 'r_1' } as const;
  expect(await one.run('restore', { wish, trigger })).toMatchObject({ result: 'failed', reason });
  expect(await one.forActions()).toMatchObject({ points: [], none: reason });
  expect(await one.run('drill')).toMatchObject({
    result: 'verified',
    snapshot,
    reason: expect.stringMatching(
      /; it was made of the files of docker\/edge\/volume\/uploads, and uploads is the files of docker\/edge\/volume\/other now$/,
    ) as string,
  });
  expect(one.at.held).toBe('of the other');

  expect(await one.plan({ snapshot: short })).toMatchObject({ madeOf: 'the files of docker/edge/volume/uploads' });
  expect(await one.run('restore', { wish: { snapshot: short } })).toMatchObject({ result: 'verified' });
  expect(one.at.held).toBe(files);
  const mine = await one.backUp();
  expect(await one.plan({ snapshot: mine })).not.toHaveProperty('madeOf');
  expect((await one.forActions())?.points.map((point) => point.snapshot)).toEqual([mine]);
});

it('a point from before they said whose they are is brought back as our own, and forgotten when it is old', async () => {
  const before = paramedicWith(files, 9);
  const { own: _, ...clients } = before.deps.clients();
  const id = 'x_before';
  const run = { work: 'backup', source: 'uploads', repository: 'main', trigger: { by: 'schedule' }, bytes: 0 } as const;
  await before.deps.store.open({ ...run, id, state: 'waiting', openedAt: 1 });
  const old = await runBackup(id, { ...before.deps, clients: () => clients }, never);
  expect(old?.point).not.toHaveProperty('identity');
  const now = paramedicWith(files, 1);
  expect(await now.run('drill')).toMatchObject({ result: 'verified', snapshot: old?.snapshot });
  const mine = await now.backUp();
  expect(await points()).toEqual([mine]);
});

it('a machine is made again of the newest, and the plan says whose that is, and how to have the others', async () => {
  const empty: Readonly<Record<string, unknown>> = { volumes: { Volumes: [] }, networks: [], json: [] };
  const engine = createServer(({ url = '' }, res) => {
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify(empty[/(\w+)(\?.*)?$/.exec(url)?.[1] ?? ''] ?? {}));
  });
  await once(engine.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void engine.close());
  const [first, second] = [paramedicWith(files, 9), paramedicWith('one', 9)];
  await first.backUp();
  await second.backUp();
  await writeFile(join(scene.dir, 'password'), password);
  const lines: string[] = [];
  const args = {
    from: main.place.location,
    'password-file': join(scene.dir, 'password'),
    'dry-run': true,
    json: false,
  };
  const docker = `tcp://127.0.0.1:${(engine.address() as AddressInfo).port}`;
  expect(await restoreAll({ ...args, docker, env: {}, out: (line) => lines.push(line) })).toBe(0);
  expect(lines[1]).toMatch(new RegExp(`^  uploads .*, of Paramedic ${await second.identity()}$`));
  expect(lines[2]).toMatch(/^THERE ARE RECOVERY POINTS OF OTHER PARAMEDICS under those names;/);
  const theirs = (await first.listed()).find(({ isOurs }) => isOurs)?.at ?? 0;
  expect(lines[3]).toMatch(new RegExp(`^  uploads of ${await first.identity()}, of .* ago: --at `));
  expect(lines[3]).toContain(new Date(theirs).toISOString());
});
