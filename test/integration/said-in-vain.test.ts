import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { type App, startApp } from '../../src/app.ts';
import { parseConfig } from '../../src/config/parse-config.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { type FakeEngine, fakeDockerEngine } from '../fakes/docker-engine.ts';
import { type RedisServer, startRedis } from '../harness/redis.ts';

let redis: RedisServer;
let engine: FakeEngine;
let folder: string;
let app: App;
let password: string;

beforeEach(async () => {
  redis = await startRedis();
  engine = await fakeDockerEngine();
  engine.add({ name: 'web' });
  folder = await mkdtemp(join(tmpdir(), 'paramedic-said-'));
  const text = `
mode: act
listen: 127.0.0.1:0
data_dir: ${folder}
redis: { url: '${redis.url}' }
docker: [{ name: edge, host: '${engine.host}' }]
known_good: { enabled: false }
backups:
  paramedic: off
  repositories: [{ name: main, location: ${folder}/repository, password_file: ${redis.dir}/password }]
  sources: [{ name: dir, path: { paths: [${folder}/dir] }, rpo: 26h }]
`;
  const readFileOf = (): string => 'right';
  const load = async () => parseConfig(text, { env: {}, readFile: readFileOf, file: 'test.yml' });
  app = await startApp(await load(), load, createLogger({ level: 'fatal' }));
  password = (await readFile(join(folder, 'queue-ui-password'), 'utf8')).trim();
});
afterEach(async () => {
  redis.resume();
  await app.stop();
  await engine.close();
  await redis.stop();
  await rm(folder, { recursive: true, force: true });
});

const audit = z.object({ entries: z.array(z.object({ what: z.string() })) });
const listed = z.object({ sources: z.array(z.object({ running: z.array(z.string()), last: z.unknown().optional() })) });

async function ask(path: string, body?: object): Promise<{ status: number; answer: unknown }> {
  const authorization = `Basic ${Buffer.from(`paramedic:${password}`).toString('base64')}`;
  const headers = { authorization, 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' };
  const response = await fetch(`http://127.0.0.1:${app.port}/api/v1/${path}`, {
    headers,
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
    // As long as a command of ours waits.
    signal: AbortSignal.timeout(10_000),
  });
  return { status: response.status, answer: await response.json() };
}

const wishes: readonly (readonly [string, object])[] = [
  ['backups', { source: 'dir', work: 'restore' }],
  ['backups', { source: 'dir', work: 'backup' }],
  ['backups', { source: 'dir', work: 'drill' }],
  ['recoveries', { target: 'docker/edge/container/web', action: 'restart' }],
  ['recoveries/r_1/approve', {}],
  ['recoveries/r_1/cancel', {}],
  ['recoveries/r_1/retry', {}],
  ['recoveries/r_1/ack', {}],
  ['pause', { scope: 'docker' }],
  ['resume', { scope: 'storm' }],
];

const stops = {
  'is not there': [() => redis.kill(), () => redis.restart()],
  hangs: [async () => redis.pause(), async () => redis.resume()],
} as const;

test.each(['is not there', 'hangs'] as const)('what is said while Redis %s is refused, and never done', async (how) => {
  // It was all there before: what is refused is so for nothing else.
  const begun = await ask('pause', { scope: 'docker/edge' });
  expect(begun.status).toBe(200);
  const [stop, start] = stops[how];
  await stop();
  const answers = await Promise.allSettled(wishes.map(([path, body]) => ask(path, body)));
  const lookedUp = await ask('brakes').catch(String);
  await start();
  await vi.waitFor(async () => expect((await ask('pause', { scope: 'global' })).status).toBe(200), 20_000);
  const { entries } = audit.parse((await ask('audit')).answer);
  expect(entries.map(({ what }) => what)).toEqual(['paused', 'paused']);
  const { sources } = listed.parse((await ask('backups')).answer);
  expect(sources).toEqual([{ running: [], last: undefined }]);
  const refusal =
    'Redis does not answer: nothing was done, and nothing of it will be done later. Say it again when Redis answers.';
  expect(answers.map((one) => (one.status === 'fulfilled' ? one.value : String(one.reason)))).toEqual(
    wishes.map(() => ({ status: 503, answer: { error: refusal } })),
  );
  expect(lookedUp).toMatchObject({ status: 503 });
  expect(await ask('brakes')).toMatchObject({ answer: { pauses: [{ scope: 'docker/edge' }, { scope: 'global' }] } });
});
