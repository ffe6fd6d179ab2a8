import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRaceAlerts, type Told } from '../fakes/race-alerts.ts';
import { startRacePlatform } from '../fakes/race-platform.ts';
import { outside } from '../fakes/race-road.ts';
import { type RunningProcess, startProcess } from '../harness/process.ts';
import { type RedisServer, startRedis } from '../harness/redis.ts';
import { type Effect, exceeded, toEffect } from '../integration/race-verdict.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const recoveries = 1_000;
/** How far apart the groups of alerts come, ms. */
const groupMs = 700;
const frozenMs = 15_000;
/** When the work of a process that is silent is given to the others, ms. */
const stalledMs = 3_000;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let built: string;
let server: RedisServer;
let redis: Redis;
let platform: Awaited<ReturnType<typeof startRacePlatform>>;
const workers: RunningProcess[] = [];

beforeAll(async () => {
  built = await mkdtemp(join(tmpdir(), 'paramedic-race-'));
  const words = 'test/race/limits-race-worker.ts --noEmit false --allowImportingTsExtensions false';
  const more = '--rewriteRelativeImportExtensions --module NodeNext --target ES2023 --skipLibCheck --noCheck';
  const args = ['--ignoreConfig', ...`${words} ${more}`.split(' '), '--rootDir', '.', '--outDir', built];
  await promisify(execFile)(join(root, 'node_modules/.bin/tsc'), args, { cwd: root });
  await writeFile(join(built, 'package.json'), '{"type":"module"}');
  await symlink(join(root, 'node_modules'), join(built, 'node_modules'));
  server = await startRedis();
  redis = new Redis(server.url);
  platform = await startRacePlatform(redis);
  const script = join(built, 'test/race/limits-race-worker.js');
  for (const name of ['w-1', 'w-2', 'w-3', 'w-4']) {
    workers.push(await startProcess(process.execPath, [script, server.url, platform.url, name], { name }));
  }
  for (const worker of workers) await worker.waitForLine((line) => line === 'ready');
});
afterAll(async () => {
  for (const worker of workers) await worker.stop();
  platform.stop();
  redis.disconnect();
  await server.stop();
  await rm(built, { recursive: true, force: true });
});

type Race = ReturnType<typeof createRaceAlerts>;
const effectsOf = (entries: readonly (readonly [string, readonly string[] | null])[] = []): readonly Effect[] =>
  entries.map(([id, fields]) => toEffect(id, fields ?? []));

/**
 * Stops the process that is next to ask for an act, in the middle of it (the queue hands out by turns, so it may be that a
 * given one asks for none), gives its work to the others after a while as the queue would, and lets it go
 * on. Resolves with the recoveries it had under way, and with what was done meanwhile.
 */
async function freeze({ store }: Race) {
  const underWay = async (worker: RunningProcess): Promise<string[]> => {
    const held = await redis.lrange(outside.taken(worker.name), 0, -1);
    const found = await Promise.all(held.map((id) => store.recovery(id)));
    return found.flatMap((one) => (one?.state === 'open' && one.run !== undefined ? [one.id] : []));
  };
  const stream = new Redis(server.url);
  const stopOne = async (): Promise<RunningProcess> => {
    for (let from = '$'; ;) {
      const entries = (await stream.xread('BLOCK', 0, 'STREAMS', outside.effects, from))?.[0]?.[1] ?? [];
      from = entries.at(-1)?.[0] ?? from;
      const asked = effectsOf(entries).find(({ what }) => what === 'asked');
      const worker = workers.find(({ name }) => name === asked?.worker);
      if (worker === undefined) continue;
      worker.signal('SIGSTOP');
      if ((await underWay(worker)).length > 0) return worker;
      worker.signal('SIGCONT');
    }
  };
  const worker = await stopOne();
  stream.disconnect();
  const stoppedAt = Date.now();
  await sleep(stalledMs);
  const replaced = await underWay(worker);
  const taken = await redis.lrange(outside.taken(worker.name), 0, -1);
  await redis.rpush(outside.work, ...taken);
  await sleep(stoppedAt + frozenMs - Date.now());
  const meanwhile = effectsOf(await redis.xrange(outside.effects, stoppedAt + stalledMs, '+'));
  worker.signal('SIGCONT');
  return { worker: worker.name, replaced, meanwhile };
}

test('4 processes race 1,000 recoveries, one of them stops for 15 s in the middle: no limit is ever exceeded', async () => {
  const race = createRaceAlerts(redis, recoveries);
  const ended = new Map<string, string>();
  let freezing: Promise<void> | undefined;
  let frozen: Awaited<ReturnType<typeof freeze>> | undefined;
  let late: readonly Told[] = [];
  for (;;) {
    for (const worker of workers) if (worker.ended()) throw new Error(worker.lines.join('\n'));
    const told = await race.told();
    for (const { recovery, outcome } of told) if (outcome) ended.set(recovery, `${outcome.result}: ${outcome.reason}`);
    late = told.filter(({ worker, recovery }) => worker === frozen?.worker && frozen.replaced.includes(recovery));
    if (frozen && ended.size === recoveries && late.length >= frozen.replaced.length) break;
    await race.group(new Set(ended.keys()));
    await race.acknowledge();
    if (ended.size > recoveries / 4) freezing ??= freeze(race).then((done) => void (frozen = done));
    await sleep(groupMs);
  }

  expect(exceeded(effectsOf(await redis.xrange(outside.effects, '-', '+')))).toEqual([]);
  // Each limit was in somebody's way.
  const reasons = [...ended.values()].join('\n');
  for (const limit of ['of target', 'of playbook', 'of namespace', 'of global', 'act in kubernetes', 'act in all']) {
    expect(reasons).toContain(limit);
  }
  // The others went on.
  const acted = frozen.meanwhile.flatMap(({ what, worker }) => (what === 'act' ? [worker] : []));
  expect(acted.length).toBeGreaterThan(0);
  expect(acted).not.toContain(frozen.worker);
  for (const { nothing } of late) expect(nothing).toMatch(/^another run looks after r_\w+ now$/);
}, 120_000);
