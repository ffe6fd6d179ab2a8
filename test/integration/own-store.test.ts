import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BackupRun } from '../../src/domain/backup-run.ts';
import type { OwnKey } from '../../src/domain/own-state.ts';
import type { RecoveryPoint } from '../../src/domain/recovery-point.ts';
import { type BroughtBack, endWhatRan } from '../../src/store/end-what-ran.ts';
import { ownIdentity } from '../../src/store/own-identity.ts';
import { ownNames, readOwnKeys, writeOwnKeys } from '../../src/store/own-keys.ts';
import { openOwnPlace } from '../../src/store/own-place.ts';
import { createRedisBackups } from '../../src/store/redis-backups.ts';
import { createRedisStore } from '../../src/store/redis-store.ts';
import { alert, decideInput, t0, web } from '../fakes/store-on-redis.ts';
import { type RedisServer, startRedis } from '../harness/redis.ts';

let servers: RedisServer[];
let from: Redis;
let to: Redis;
const { signal } = new AbortController();
beforeAll(async () => {
  servers = await Promise.all([1, 2].map(() => startRedis({ args: ['--enable-debug-command', 'yes'] })));
  [from, to] = servers.map(({ url }) => new Redis(url)) as [Redis, Redis];
});
afterAll(async () => {
  for (const redis of [from, to]) redis.disconnect();
  for (const server of servers) await server.stop();
});
beforeEach(async () => {
  await from.flushall();
  await to.flushall();
});

const read = async (): Promise<OwnKey[]> => {
  const keys: OwnKey[] = [];
  for await (const key of readOwnKeys(from, signal)) keys.push(key);
  return keys;
};
async function* all(keys: readonly OwnKey[]): AsyncGenerator<OwnKey> {
  yield* keys;
}

/** Of every type that the store has, and more than are read at once. */
async function filled(): Promise<void> {
  await from.set('paramedic:fp:ä', 'naïve ☃');
  await from.hset('paramedic:recovery:r_1', 'plan', '{"big":1764000000123.456}', 'state', 'ended');
  await from.rpush('paramedic:recovery:r_1:journal', 'one', 'two');
  await from.sadd('paramedic:episodes', 'e1', 'e2');
  await from.zadd('paramedic:decisions', 1.5, 'e1', 2, 'e2');
  await from.xadd('paramedic:audit', '*', 'who', 'ops');
  for (let at = 0; at < 45; at += 1) await from.hset(`paramedic:decision:e${at}`, 'bytes', randomBytes(40));
  await from.pexpire('paramedic:fp:ä', 3_600_000);
  await from.set('somebody:else', 'not ours');
}

describe('keys of ours', () => {
  it('are all there again, each as it was, and nothing of anybody else', async () => {
    await filled();
    const keys = await read();
    expect(keys.map(({ name }) => name)).toEqual(keys.map(({ name }) => name).toSorted());
    expect(await writeOwnKeys(to, all(keys), Date.now())).toEqual({ written: keys.length, expired: 0 });
    expect(await ownNames(to)).toEqual(await ownNames(from));
    // Of what is in each, in whatever order a set has it.
    const digests = async (redis: Redis) =>
      redis.call('DEBUG', 'DIGEST-VALUE', ...(await ownNames(redis)).map((name) => `paramedic:${name}`));
    expect(await digests(to)).toEqual(await digests(from));
    expect(await to.dbsize()).toBe(51);
    const leftMs = await to.pttl('paramedic:fp:ä');
    expect(leftMs).toBeGreaterThan(3_000_000);
    expect(leftMs).toBeLessThanOrEqual(3_600_000);
    expect(await to.pttl('paramedic:audit')).toBe(-1);
  });

  it('that are only about the present are left out', async () => {
    const passing = [
      'queue:recoveries:wait',
      'queue:recoveries:r_1_1',
      'inbox',
      'inbox:taken',
      'inbox:taken:7',
      'inbox:dead',
      'reserved:docker/a/container/b',
      'running:global',
      'recoveries:open',
      'recovery:r_1:running',
      'recovery:r_1:reserved',
      'recovery:r_1:counted',
      'backup:open',
      'backup:lane:main:exclusive',
      'kg:lease:docker/a',
    ];
    const kept = [
      'recoveries',
      'recovery:r_1',
      'recovery:r_1:evidence',
      'backup:run:b_1',
      'kg:watch:docker/a',
      'inboxes',
    ];
    for (const name of [...passing, ...kept]) await from.set(`paramedic:${name}`, 'x');
    expect((await read()).map(({ name }) => name)).toEqual(kept.toSorted());
  });

  it('that have expired since are left out, and a drill has them', async () => {
    await filled();
    const keys = await read();
    const later = Date.now() + 2 * 3_600_000;
    expect(await writeOwnKeys(to, all(keys), later)).toEqual({ written: keys.length - 1, expired: 1 });
    expect(await to.exists('paramedic:fp:ä')).toBe(0);
    await to.flushall();
    expect(await writeOwnKeys(to, all(keys))).toEqual({ written: keys.length, expired: 0 });
    expect(await to.pttl('paramedic:fp:ä')).toBe(-1);
  });

  it('are never written over, and nothing is left of what came before the one that can not be written', async () => {
    await filled();
    const keys = await read();
    await to.set('paramedic:recovery:r_1', 'somebody is at work here');
    await expect(writeOwnKeys(to, all(keys), Date.now())).rejects.toThrow('BUSYKEY');
    expect(await ownNames(to)).toEqual(['recovery:r_1']);
    expect(await to.get('paramedic:recovery:r_1')).toBe('somebody is at work here');
  });

  it('that are torn are refused by Redis itself', async () => {
    await filled();
    const keys = (await read()).map((key, at) =>
      at === 9
        ? { ...key, packed: Buffer.concat([Buffer.from([key.packed[0] ?? 0, 0xff]), key.packed.subarray(2)]) }
        : key,
    );
    await expect(writeOwnKeys(to, all(keys), Date.now())).rejects.toThrow('version or checksum are wrong');
    expect(await ownNames(to)).toEqual([]);
  });
});

it('a place that was paused stays so for the reason that it was', async () => {
  const there = await openOwnPlace(servers[1]?.url ?? '');
  for (const reason of ['we move', 'look first']) await there.pause({ scope: 'global', by: 'ada', reason, at: t0 });
  there.close();
  expect(await createRedisStore(to).pauses()).toMatchObject([{ reason: 'we move' }]);
});

it('a place with keys that nobody has marked is not begun on, and keeps them', async () => {
  await to.set('paramedic:audit', 'somebody is here');
  const there = await openOwnPlace(servers[1]?.url ?? '');
  expect(await there.begin()).toBe(false);
  there.close();
  expect(await to.keys('*')).toEqual(['paramedic:audit']);
});

describe('what a store is called', () => {
  it('is made once, whoever asks first, comes back with it, and is another one where it does not', async () => {
    const asked = await Promise.all(Array.from({ length: 9 }, () => ownIdentity(from)));
    expect(new Set(asked).size).toBe(1);
    expect(await from.pttl('paramedic:identity')).toBe(-1);
    expect(await ownIdentity(to)).not.toBe(asked[0]);
    await to.flushall();
    await writeOwnKeys(to, all(await read()), Date.now());
    expect(await ownIdentity(to)).toBe(asked[0]);
  });

  it.each(['', 'two words', 'one,two'])('is not taken for one where somebody has written %j', async (nonsense) => {
    await from.set('paramedic:identity', nonsense);
    await expect(ownIdentity(from)).rejects.toThrow('can not be read in Redis, in paramedic:identity: write there');
  });
});

describe('what was under way when it was backed up', () => {
  const at = t0 + 60_000;
  const now = t0 + 3 * 86_400_000;
  const run = (more: Partial<BackupRun>): BackupRun => ({
    id: `b_${randomBytes(8).toString('hex')}`,
    work: 'backup',
    source: 'orders',
    repository: 'main',
    trigger: { by: 'schedule' },
    state: 'waiting',
    openedAt: t0,
    bytes: 0,
    ...more,
  });
  const point: RecoveryPoint = {
    source: 'paramedic',
    kind: 'paramedic',
    params: {},
    snapshot: 'a'.repeat(64),
    at,
    verifiedAt: at + 1,
    shape: { bytes: 1, counts: {} },
  };

  const readAt = at - 1_000;
  const back: BroughtBack = {
    point,
    readAt,
    now,
    page: ({ id, episodes }, { result }, startsAt) => ({
      recovery: id,
      labels: { alertname: 'ParamedicRecoveryFailed', result },
      annotations: {},
      startsAt,
      episodes,
    }),
  };

  it('is ended, and nothing of it waits, holds a target or is rung for', async () => {
    const [store, backups] = [createRedisStore(from), createRedisBackups(from)];
    const opened = (await store.decide(decideInput(alert('f1'), t0))).decision.recovery ?? '';
    await store.begin({ recovery: opened, attempt: 1, run: 'a' }, 0);
    await store.reserve({ recovery: opened, attempt: 1, run: 'a' }, ['docker/local/container/db']);
    const [own, restore, done] = [
      run({ source: 'paramedic', state: 'reading' }),
      run({ work: 'restore', state: 'restoring' }),
      run({ work: 'drill', source: 'done' }),
    ];
    for (const one of [own, restore, done]) await backups.open(one);
    await backups.update(done.id, { state: 'ended', result: 'verified', reason: 'it was', endedAt: t0 });
    await writeOwnKeys(to, all(await read()), Date.now());

    const [again, backupsBack] = [createRedisStore(to), createRedisBackups(to)];
    // Before anything is ended: who would ring finds nothing.
    expect(await again.openRecoveries()).toEqual([]);
    expect(await backupsBack.openRuns()).toEqual([]);
    expect(await endWhatRan(to, back)).toEqual([`restore ${restore.id} of orders`, `recovery ${opened} of ${web.key}`]);
    const reason = `it was under way when what Paramedic knows was backed up (${new Date(at).toISOString()}), and was brought back with that: nothing of it is gone on with`;
    expect(await again.recovery(opened)).toMatchObject({
      state: 'ended',
      endedAt: readAt,
      outcome: { result: 'failed', reason },
    });
    expect(await backupsBack.run(restore.id)).toMatchObject({ state: 'ended', result: 'failed', reason, endedAt: now });
    // The one that this was made by has come to what it was brought back of.
    expect(await backupsBack.run(own.id)).toMatchObject({ state: 'ended', result: 'verified', point });
    expect((await backupsBack.standing('paramedic')).points.get('main')).toMatchObject({ snapshot: point.snapshot });
    expect(await backupsBack.run(done.id)).toMatchObject({ reason: 'it was' });
    // A human is called, who is the only one to begin it anew.
    expect(await again.pages()).toMatchObject([
      { recovery: opened, startsAt: now, labels: { alertname: 'ParamedicRecoveryFailed', result: 'failed' } },
    ]);
    // Trouble from before is answered by it.
    const heard = (name: string, startsAt: number) =>
      again.decide({ ...decideInput(alert(name, { alertname: name, startsAt }), now + 1), heard: false });
    expect(await heard('Before', readAt - 1)).toMatchObject({ opened: false, decision: { decision: 'none' } });
    // The target is free: trouble that came while nobody was there opens a recovery of its own.
    expect(await heard('Unhealthy', readAt + 3_600_000)).toMatchObject({ opened: true });
    expect(await endWhatRan(to, back)).toHaveLength(1);
  });

  it('is named when its record can not be read, and all else is ended', async () => {
    const [store, backups] = [createRedisStore(to), createRedisBackups(to)];
    const [torn, drill] = [run({ source: 'torn' }), run({ work: 'drill' })];
    for (const one of [torn, drill]) await backups.open(one);
    await to.hset(`paramedic:backup:run:${torn.id}`, 'openedAt', 'yesterday');
    const bad = (await store.decide(decideInput(alert('f1'), t0))).decision.recovery ?? '';
    await to.hset(`paramedic:recovery:${bad}`, 'procedure', '{');
    const ended = await endWhatRan(to, back);
    expect(ended).toHaveLength(3);
    expect(ended).toContain(`drill ${drill.id} of orders`);
    for (const key of [`backup:run:${torn.id}`, `recovery:${bad}`])
      expect(ended).toContainEqual(expect.stringMatching(new RegExp(`^NOT ENDED: .*paramedic:${key}`)));
    expect(await backups.run(drill.id)).toMatchObject({ state: 'ended' });
  });
});
