import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BackupDeps } from '../../src/backups/begun.ts';
import { newestOfEach } from '../../src/backups/identities.ts';
import { pointsOf } from '../../src/backups/manifest.ts';
import type { Repository } from '../../src/backups/restic/repository.ts';
import { runBackup } from '../../src/backups/run-backup.ts';
import { runCare } from '../../src/backups/run-care.ts';
import { paramedic } from '../../src/backups/sources/paramedic/paramedic.ts';
import { takeBackup } from '../../src/backups/take-backup.ts';
import { restoreOwn, type RestoreOwnArgs } from '../../src/cli/restore-own.ts';
import type { BackupRun, BackupTrigger } from '../../src/domain/backup-run.ts';
import { realClock } from '../../src/domain/real-clock.ts';
import { yes } from '../../src/domain/verdict.ts';
import { createOwnState } from '../../src/store/own-state.ts';
import { createRedisBackups } from '../../src/store/redis-backups.ts';
import { type RedisServer, startRedis } from '../harness/redis.ts';
import { password, resticScene, type ResticScene } from '../harness/restic-scene.ts';

const never = new AbortController().signal;
const schedule = { cron: '0 5 * * *', timeZone: 'UTC', jitterMs: 0 };
const source = {
  name: 'paramedic',
  kind: 'paramedic',
  params: {},
  repository: 'main',
  keep: { last: 1 },
  rpoMs: 1,
  rtoMs: 1,
  timeoutMs: 60_000,
  drill: { probes: [], timeoutMs: 60_000 },
};
const byHand = { by: 'hand', who: 'ana' } as const;
const takeOver = { ...byHand, takeOver: true } as const;
const known = 100;

let scene: ResticScene;
let servers: RedisServer[];
let connections: Redis[];
let main: Repository;
let offsite: Repository;
let count = 0;
beforeAll(async () => {
  scene = await resticScene();
  servers = await Promise.all([startRedis(), startRedis(), startRedis()]);
  connections = servers.map(({ url }) => new Redis(url));
  writeFileSync(join(scene.dir, 'paramedic.yml'), 'mode: act\n');
  writeFileSync(join(scene.dir, 'password'), `${password}\n`);
});
afterAll(async () => {
  for (const redis of connections) redis.disconnect();
  for (const server of servers) await server.stop();
  await scene.remove();
});
beforeEach(async () => {
  count += 1;
  for (const redis of connections) await redis.flushall();
  main = scene.open({ ...(await scene.made(`main${count}`)), name: 'main' });
  offsite = scene.open({ ...(await scene.made(`offsite${count}`)), name: 'offsite' });
});

/** The Paramedic whose store that Redis is, which knows something. */
async function paramedicOf(which: number) {
  const [redis, server] = [connections[which], servers[which]];
  if (redis === undefined || server === undefined) throw new Error('there is no such Redis');
  for (let at = 0; at < known; at += 1) await redis.set(`paramedic:decision:${which}-${at}`, 'x');
  const own = createOwnState(redis, { version: '1.2.3', files: () => [join(scene.dir, 'paramedic.yml')] });
  const store = createRedisBackups(redis);
  const deps: BackupDeps = {
    store,
    clock: realClock,
    clients: () => ({ docker: new Map(), kubernetes: new Map(), own }),
    source: () => source,
    kind: () => paramedic,
    repository: (name) => (name === 'main' ? main : offsite),
    mayBringBack: async () => yes('it goes on'),
    mayMend: () => true,
    dataDir: () => scene.dir,
  };
  return {
    url: server.url,
    deps,
    forget: () => redis.flushall(),
    identity: () => own.identity(),
    async backUp(trigger: BackupTrigger = byHand, by = deps): Promise<BackupRun | undefined> {
      const id = `b_${randomBytes(8).toString('hex')}`;
      const run = { work: 'backup', source: 'paramedic', repository: 'main', trigger, bytes: 0 } as const;
      expect(await store.open({ ...run, id, state: 'waiting', openedAt: Date.now() })).toEqual({ opened: true });
      return runBackup(id, by, never);
    },
  };
}
const held = async (): Promise<readonly string[]> => (await main.snapshots()).map(({ id }) => id);
const good = { result: 'verified' };

async function restored(more: Partial<RestoreOwnArgs>): Promise<readonly string[]> {
  const lines: string[] = [];
  const files = { from: main.place.location, 'password-file': join(scene.dir, 'password') };
  expect(await restoreOwn({ ...files, json: false, yes: true, out: (line) => lines.push(line), ...more })).toBe(0);
  return lines;
}

describe('of two Paramedics that share a repository', () => {
  it('the second one is refused before anything is written, and told what to do', async () => {
    const [first, second] = [await paramedicOf(0), await paramedicOf(1)];
    const run = await first.backUp();
    expect(run).toMatchObject({ ...good, point: { identity: await first.identity() } });
    const before = await held();
    const refused = await second.backUp({ by: 'schedule' });
    const [a, b] = [await first.identity(), await second.identity()];
    expect(refused).toMatchObject({ state: 'ended', result: 'failed' });
    expect(refused?.reason).toBe(
      `nothing was written: the newest recovery point of paramedic in repository main, of ${new Date(newestOfEach(await main.snapshots(), Date.now())[0]?.at ?? 0).toISOString()}, is of another Paramedic, ${a}, and this one is ${b}; if both use this repository, give this one's source another name, or another repository (backups.sources); if this one has lost its Redis, put that back with paramedic restore --own; if this one is to go on in its place: paramedic backup paramedic --take-over`,
    );
    expect(await held()).toEqual(before);
    // The first one goes on as if nothing had been.
    expect(await first.backUp({ by: 'schedule' })).toMatchObject(good);
  });

  it('the one that takes over goes on, and is compared with no point of the other, of which none goes', async () => {
    const [first, second] = [await paramedicOf(0), await paramedicOf(1)];
    const all = { ...first.deps, source: () => ({ ...source, keep: { last: 9 } }) };
    const theirs = [await first.backUp(byHand, all), await first.backUp(byHand, all)].map((run) => run?.snapshot ?? '');
    await second.forget();
    expect(await second.backUp()).toMatchObject({ result: 'failed' });
    expect(await second.backUp(takeOver)).toMatchObject(good);
    const next = await second.backUp();
    expect(next).toMatchObject({ ...good, reason: expect.stringContaining('1 of 2 snapshots are kept') as string });
    const points = pointsOf(await main.snapshots());
    expect([...points.keys()].toSorted()).toEqual([...theirs, next?.snapshot ?? ''].toSorted());
    expect(await first.backUp()).toMatchObject({ result: 'failed' });
    expect(newestOfEach(await main.snapshots(), Date.now()).map(({ identity }) => identity)).toEqual([
      await second.identity(),
      await first.identity(),
    ]);
  });

  it('points of the other take no place of ours', async () => {
    const [first, second] = [await paramedicOf(0), await paramedicOf(1)];
    const mine = (await first.backUp())?.snapshot;
    for (let at = 0; at < 2; at += 1) await second.backUp(takeOver);
    const two = { ...first.deps, source: () => ({ ...source, keep: { last: 2 } }) };
    await first.backUp(takeOver, two);
    expect(await held()).toContain(mine);
  });

  it('a copy keeps whose a point is, and what is kept there is counted for each', async () => {
    const [first, second] = [await paramedicOf(0), await paramedicOf(1)];
    const all = (of: BackupDeps) => ({ ...of, source: () => ({ ...source, keep: { last: 9 } }) });
    for (let at = 0; at < 2; at += 1) await first.backUp(byHand, all(first.deps));
    for (let at = 0; at < 2; at += 1) await second.backUp(takeOver, all(second.deps));
    const { store } = second.deps;
    const id = `copy_main_${'0'.repeat(16)}`;
    const run = { id, state: 'waiting', openedAt: 1 } as const;
    await store.writeCare({ repository: 'main', work: 'copy', version: 1, since: 1, run });
    const copy = { copy: { schedule, to: 'offsite' } };
    const configured = (name: string) => (name === 'main' ? { ...main.place, ...copy } : offsite.place);
    expect(await runCare(id, { ...second.deps, configured, sources: () => [source] }, never)).toMatchObject({
      result: 'done',
      reason: expect.stringMatching(
        /^4 recovery points were copied .*; paramedic: 1 of 2 snapshots are kept$/,
      ) as string,
    });
    const tag = 'paramedic-data';
    const of = async (one: typeof first) =>
      (await offsite.snapshots({ tag: `${tag},identity=${await one.identity()}` })).length;
    expect([await of(first), await of(second)]).toEqual([2, 1]);
  });
});

it('a Paramedic that lost its Redis is refused, and goes on with its own name once that was put back', async () => {
  const [first, other] = [await paramedicOf(0), connections[2]];
  await first.backUp();
  const identity = await first.identity();
  await first.forget();
  const before = await held();
  expect(await first.backUp({ by: 'schedule' })).toMatchObject({
    result: 'failed',
    reason: expect.stringContaining(`is of another Paramedic, ${identity}, and this one is`) as string,
  });
  expect(await held()).toEqual(before);
  const lines = await restored({ redis: servers[2]?.url });
  expect(lines).toContain(`  of Paramedic ${identity}`);
  expect(lines.join('\n')).not.toContain('OTHER PARAMEDICS');
  const back = await paramedicOf(2);
  expect(await back.identity()).toBe(identity);
  expect(await other?.get('paramedic:identity')).toBe(identity);
  expect(await back.backUp()).toMatchObject(good);
});

it('what restore --own takes is told, and how to take that of another one', async () => {
  const [first, second] = [await paramedicOf(0), await paramedicOf(1)];
  await first.backUp();
  await second.backUp(takeOver);
  const lines = await restored({ redis: servers[2]?.url, 'dry-run': true });
  expect(lines).toContain(`  of Paramedic ${await second.identity()}`);
  const at = lines.findIndex((line) =>
    line.startsWith('  THERE ARE RECOVERY POINTS OF OTHER PARAMEDICS under that name;'),
  );
  const [, name, time] = /^ {4}(\S+), of \S+ ago: --at (\S+)$/.exec(lines[at + 1] ?? '') ?? [];
  expect(name).toBe(await first.identity());
  const again = await restored({ redis: servers[2]?.url, at: time });
  expect(again).toContain(`  of Paramedic ${await first.identity()}`);
  expect(await connections[2]?.get('paramedic:identity')).toBe(await first.identity());
  const [json] = await restored({ 'config-to': join(scene.dir, 'to'), json: true, 'dry-run': true });
  expect(JSON.parse(json ?? '')).toMatchObject({
    point: { identity: await second.identity() },
    others: [{ identity: await first.identity() }],
  });
});

it('points from before they said whose they are count as ours', async () => {
  const first = await paramedicOf(0);
  const its = { source, kind: paramedic, repository: main, clients: first.deps.clients(), clock: realClock };
  expect(await takeBackup({ ...its, before: [] }, never)).toMatchObject(good);
  expect(newestOfEach(await main.snapshots(), Date.now())).toMatchObject([{ identity: undefined }]);
  expect(await restored({ redis: servers[2]?.url, 'dry-run': true })).toContain(
    '  it does not say of which Paramedic: it was made before recovery points did',
  );
  expect(await first.backUp()).toMatchObject({
    ...good,
    reason: expect.stringContaining('1 of 2 snapshots are kept') as string,
  });
});
