import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Repository } from '../../src/backups/restic/repository.ts';
import { serve } from '../../src/cli/serve.ts';
import type { RestoreOwnArgs } from '../../src/cli/restore-own.ts';
import { ownNames } from '../../src/store/own-keys.ts';
import { createRedisStore } from '../../src/store/redis-store.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { alert, decideInput, web } from '../fakes/store-on-redis.ts';
import { leaveLock } from '../harness/left-lock.ts';
import { type OwnScene, ownScene } from '../harness/own-scene.ts';
import { startRedis } from '../harness/redis.ts';

let scene: OwnScene;
let from: Redis;
let to: Redis;
let folder: string;
let repository: Repository;
let opened: string;

beforeAll(async () => {
  scene = await ownScene();
  ({ from, to, repository } = scene);
  opened = (await createRedisStore(from).decide(decideInput(alert('f1'), Date.now()))).decision.recovery ?? '';
  await from.set('paramedic:old', 'x', 'PX', 30_000);
  await scene.backedUp('paramedic');
});
afterAll(() => scene.remove());
beforeEach(async () => {
  await to.flushall();
  folder = mkdtempSync(join(scene.dir, 'to-'));
});

const url = (): string => scene.url;
const run = (more: Partial<RestoreOwnArgs>) => scene.run(more);

it('reads what a machine has left locked when it died', async () => {
  await leaveLock(repository.place.location, 'a-good-password');
  try {
    expect((await run({ 'config-to': join(folder, 'config') })).code).toBe(0);
    expect(await repository.locks()).toHaveLength(1);
  } finally {
    await repository.removeLocks((await repository.locks()).map(({ id }) => id));
  }
});

it('says what it is about to do, does it, and counts; what has expired is left out', async () => {
  const before = await ownNames(from);
  const asked: string[] = [];
  const confirm = async (question: string) => {
    asked.push(question);
    // Nothing is there before the answer.
    expect(await to.dbsize()).toBe(0);
    return 'paramedic';
  };
  const target = join(folder, 'new', 'config');
  const { code, lines } = await run({ redis: url(), 'config-to': target, yes: false, confirm });
  expect([code, asked]).toEqual([0, ['Type paramedic to go on: ']]);
  const text = lines.join('\n');
  expect(text).toContain(`to the Redis at redis://127.0.0.1:${scene.port}`);
  expect(text).not.toContain('hunter2');
  expect(text).toMatch(
    /what paramedic \(Paramedic 1\.2\.3\) knew and was told .*\n {2}recovery point [0-9a-f]{8} of \d+s ago/,
  );
  expect(text).toMatch(/, 1 recoveries, 1 decisions, 1 episodes, .*; expired since, and left out: 1$/m);
  expect(text).toContain(`1 files to ${target}:\n    ${join(scene.dir, 'paramedic.yml')}`);
  expect(text).toContain(`this was under way then, and is ended now:\n  recovery ${opened} of ${web.key}`);
  expect(await to.exists('paramedic:old', 'paramedic:recoveries:open', `paramedic:reserved:${web.key}`)).toBe(0);
  const passing = ['old', 'recoveries:open', `reserved:${web.key}`];
  // What the end of the recovery writes is new.
  expect(await ownNames(to)).toEqual(
    [...before.filter((name) => !passing.includes(name)), `last:${web.key}`, 'pages', 'paused'].toSorted(),
  );
  const back = createRedisStore(to);
  expect(await back.pages()).toMatchObject([
    { recovery: opened, labels: { alertname: 'ParamedicRecoveryFailed', recovery_target: web.key } },
  ]);
  // Budgets and pauses are those of then.
  expect(await back.pauses()).toMatchObject([{ scope: 'global', by: 'paramedic restore --own' }]);
  expect(lines.filter((line) => line.includes('paramedic resume global'))).toHaveLength(2);
  const file = join(target, scene.dir, 'paramedic.yml');
  expect(readFileSync(file, 'utf8')).toBe('mode: act\n');
  expect(statSync(file).mode & 0o777).toBe(0o640);
  expect(statSync(target).mode & 0o777).toBe(0o700);
});

it('pauses nothing when that is said', async () => {
  const file = join(folder, 'redis-url');
  writeFileSync(file, `${url()}\n`);
  const { lines } = await run({ 'redis-file': file, 'no-pause': true });
  expect(await createRedisStore(to).pauses()).toEqual([]);
  expect(lines.join('\n')).not.toContain('resume');
});

it('begins anew on what another one has left half there, which no Paramedic begins on', async () => {
  expect(await run({ redis: url() })).toMatchObject({ code: 0 });
  const whole = await ownNames(to);
  await to.unlink('paramedic:audit', `paramedic:recovery:${opened}`);
  await to.set('paramedic:left', 'by the one before');
  await to.set('somebody:else', 'not ours');
  await to.set('paramedic:restoring', 'since');
  const config = join(folder, 'paramedic.yml');
  writeFileSync(
    config,
    stringify({ redis: { url: url() }, data_dir: folder, listen: '127.0.0.1:0', docker: [], kubernetes: [] }),
  );
  const log = createLogger({ level: 'silent' });
  const serving = serve(config, {}, log, () => undefined);
  await expect(serving).rejects.toThrow(/has not come to its end: half of it is there\. Run the same restore again/);
  const { code, lines } = await run({ redis: url() });
  expect(code).toBe(0);
  expect(lines.join('\n')).toMatch(/ keys are there that a restore has left half-way: they are taken away first/);
  expect(await ownNames(to)).toEqual(whole);
  expect(await to.get('somebody:else')).toBe('not ours');
});

it('leaves a mark where it could not come to its end, and fails', async () => {
  // All keys are written, and then nothing of it can be ended.
  await to.call('ACL', 'SETUSER', 'clumsy', 'on', '>pass', '~*', '+@all', '-hset');
  const clumsy = `redis://clumsy:pass@127.0.0.1:${scene.port}`;
  const { code, lines } = await run({ redis: clumsy });
  expect(code).toBe(1);
  expect(lines.at(-1)).toMatch(/^NOT DONE: .*no Paramedic begins on what may be there/);
  expect(await to.exists('paramedic:restoring', 'paramedic:paused')).toBe(1);
  expect(await run({ redis: url() })).toMatchObject({ code: 0 });
  expect(await to.exists('paramedic:restoring')).toBe(0);
});

it('writes the files before the keys, and fails when those can not be written', async () => {
  await to.call('ACL', 'SETUSER', 'reader', 'on', '>pass', '~*', '+@all', '-restore');
  const reader = `redis://reader:pass@127.0.0.1:${scene.port}`;
  const target = join(folder, 'config');
  const { code, lines } = await run({ redis: reader, 'config-to': target });
  expect(code).toBe(1);
  expect(lines.at(-1)).toMatch(/^NOT DONE: the keys could not be brought back: .*nothing is left of it there/);
  expect(await to.dbsize()).toBe(0);
  expect(readFileSync(join(target, scene.dir, 'paramedic.yml'), 'utf8')).toBe('mode: act\n');
});

it('of its own Redis as well, which is there when a Paramedic starts it again', async () => {
  expect(await run({ 'data-dir': folder, json: true })).toMatchObject({ code: 0 });
  const again = run({ 'data-dir': folder });
  await expect(again).rejects.toThrow(`nothing was done: ${join(folder, 'redis')} is not empty`);
  const server = await startRedis({ dir: join(folder, 'redis') });
  const redis = new Redis(server.url);
  expect(await redis.hget(`paramedic:recovery:${opened}`, 'result')).toBe('failed');
  redis.disconnect();
  await server.stop();
});

it('leaves no data directory of its own Redis where nothing could be brought back', async () => {
  const whole = repository.place.location;
  const confirm = async () => {
    renameSync(whole, `${whole}-gone`);
    return 'paramedic';
  };
  const { code, lines } = await run({ 'data-dir': join(folder, 'new', 'data'), yes: false, confirm });
  renameSync(`${whole}-gone`, whole);
  expect([code, lines.at(-1)]).toEqual([1, expect.stringContaining('nothing is left of it there')]);
  expect(existsSync(join(folder, 'new'))).toBe(false);
});

it('begins anew in a data directory that it was ended in', async () => {
  const dir = join(folder, 'redis');
  mkdirSync(dir);
  const killed = await startRedis({ dir });
  const half = new Redis(killed.url);
  await half.mset('paramedic:restoring', 'since', 'paramedic:left', 'by the one before');
  half.disconnect();
  await killed.stop();
  await expect(run({ 'data-dir': folder })).rejects.toThrow(`${dir} is not empty`);
  writeFileSync(join(folder, 'restoring'), '');
  expect(await run({ 'data-dir': folder })).toMatchObject({ code: 0 });
  expect(existsSync(join(folder, 'restoring'))).toBe(false);
  const server = await startRedis({ dir });
  const redis = new Redis(server.url);
  expect(await redis.exists('paramedic:restoring', 'paramedic:left')).toBe(0);
  expect(await redis.hget(`paramedic:recovery:${opened}`, 'result')).toBe('failed');
  redis.disconnect();
  await server.stop();
});

it.each<[string, () => Partial<RestoreOwnArgs>, RegExp]>([
  ['to nowhere', () => ({}), /^usage: paramedic restore --own --from LOCATION/],
  ['to two places at once', () => ({ redis: url(), 'data-dir': folder }), /^usage: /],
  [
    'to an address that is none',
    () => ({ redis: 'redis//:hunter2@nowhere' }),
    /^--redis is no redis:\/\/ URL, nor [^2]*$/,
  ],
  ['to two of them', () => ({ redis: url(), 'redis-file': 'a' }), /^usage: /],
  [
    'of none that is so old',
    () => ({ redis: url(), at: '2020-01-01T00:00:00Z' }),
    /no recovery point of paramedic that is so old/,
  ],
  [
    'of another source',
    () => ({ redis: url(), source: 'berlin' }),
    /nothing to bring back of berlin in .*: there is paramedic$/,
  ],
  [
    'to a Redis that is not there',
    () => ({ redis: 'redis://127.0.0.1:1' }),
    /this Redis does not answer: .*ECONNREFUSED/,
  ],
  ['to one that lets nobody in', () => ({ redis: `redis://127.0.0.1:${scene.port}` }), /NOAUTH/],
  ['without an answer', () => ({ redis: url(), yes: false }), /nobody is there to be asked/],
])('is not begun %s', async (_what, args, message) => {
  await expect(run(args())).rejects.toThrow(message);
  expect(await to.dbsize()).toBe(0);
});

it('is not begun where there is something already, nor with --dry-run', async () => {
  expect(await run({ redis: url(), 'dry-run': true })).toMatchObject({ code: 0 });
  expect(await to.dbsize()).toBe(0);
  mkdirSync(join(folder, 'etc'));
  await expect(run({ redis: url(), 'config-to': folder })).rejects.toThrow(`${folder} is not empty`);
  expect(await to.dbsize()).toBe(0);
  await to.set('paramedic:audit', 'somebody is here');
  await expect(run({ redis: url() })).rejects.toThrow('there are 1 keys of a Paramedic in this Redis already');
  expect(await to.dbsize()).toBe(1);
});

it('asks which one where several Paramedics are in it', async () => {
  await scene.backedUp('other');
  await expect(run({ redis: url() })).rejects.toThrow('other, paramedic: say which, with --source other');
  expect(await run({ redis: url(), source: 'paramedic' })).toMatchObject({ code: 0 });
});
