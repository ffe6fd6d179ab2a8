import { createServer } from 'node:http';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import supertest from 'supertest';
import { afterEach, expect, test } from 'vitest';
import { ack, pause, resume, showBrakes } from '../../src/cli/brakes.ts';
import type { HttpDeps } from '../../src/http/deps.ts';
import { createApp, listen } from '../../src/http/server.ts';
import { acknowledge, brakes, pause as pauseRoad, resume as resumeRoad } from '../../src/road/brakes.ts';
import { budget } from '../../src/guardrails/budget/budget.ts';
import { paused } from '../../src/guardrails/paused/paused.ts';
import { outcome, roadsOnRedis, run, start } from '../fakes/road-on-redis.ts';
import type { TestRoad } from '../fakes/road.ts';
import { testDeps } from './webhook-deps.ts';

const testRoad = roadsOnRedis();
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const brakesOf = ({ road }: TestRoad): HttpDeps['brakes'] => ({
  read: () => brakes(road),
  pause: (wanted) => pauseRoad(wanted, road),
  resume: (scope, by) => resumeRoad(scope, by, road),
  acknowledge: (recovery, by) => acknowledge(recovery, by, road),
});

/** A server in front of that road, and the command line that talks to it. */
async function served(road: TestRoad) {
  const app = createApp(testDeps({ brakes: brakesOf(road) }).deps);
  const server = await listen(app, { host: '127.0.0.1', port: 0 });
  closers.push(() => server.close(0));
  const dir = await mkdtemp(join(tmpdir(), 'paramedic-brakes-'));
  closers.push(() => rm(dir, { recursive: true }));
  const config = join(dir, 'paramedic.yml');
  await writeFile(
    config,
    `listen: 127.0.0.1:${server.port}\nui: {basic_auth: {username: ops, password: 'pass:word'}}\n`,
  );
  const lines: string[] = [];
  const said = { config, env: {}, out: (line: string) => void lines.push(line) };
  return { app: supertest(app), said, lines, config };
}

test('paused by the command line nothing is done, and it says who said so; resumed it is', async () => {
  const road = testRoad({ guardrails: [paused] });
  const { said, lines } = await served(road);
  await pause(['global'], { ...said, reason: 'migration' });
  const recovery = await start(road);
  const first = await run(road, recovery);
  expect(first).toMatchObject({ outcome: { result: 'blocked' } });
  expect(JSON.stringify(first)).toContain('ops paused global 0s ago: migration; released by: paramedic resume global');
  expect(road.applied).toEqual([]);
  await showBrakes(said);
  expect(lines.at(-1)).toMatch(/^paused {2}global since .*Z by ops: migration; paramedic resume global$/);
  await resume(['global'], said);
  await showBrakes(said);
  expect(lines.at(-1)).toBe('nothing is held back');
  expect(await run(road, recovery, 2)).toMatchObject({ outcome: { result: 'recovered' } });
  expect(road.applied).toEqual(['fix 0']);
});

test('a used up budget holds until it is acknowledged, by the command line', async () => {
  const road = testRoad({ guardrails: [budget] });
  Object.assign(road.config, { guardrails: { budget: '1 per 1h' } });
  const { said, lines } = await served(road);
  expect((await outcome(road)).result).toBe('recovered');
  road.things.set('a', { uid: 'u1', symptoms: ['down'], instance: 5 });
  await road.clock.sleep(11 * 60_000);
  const { triage } = await import('../../src/flow.ts');
  await triage(road.delivery(road.alert({ startsAt: road.clock.now() })), road.road);
  const second = road.rings.at(-1);
  if (second === undefined) throw new Error('no bell');
  expect(await run(road, second.recovery, second.attempt)).toMatchObject({
    outcome: { result: 'blocked', page: true },
  });
  expect(road.applied).toEqual(['fix 0']);
  expect(await road.road.store.pages()).toMatchObject([{ recovery: second.recovery }]);
  await showBrakes(said);
  expect(lines.at(-1)).toContain(`used up budget of target test/a: 1 per 1h, since`);
  await ack([second.recovery], said);
  expect(lines.at(-1)).toBe(`${second.recovery} is acknowledged: its page is resolved, its budget is free again`);
  await expect(ack([second.recovery], said)).rejects.toThrow('calls nobody, and has used up no budget');
  expect(await run(road, second.recovery, second.attempt + 1)).toMatchObject({ outcome: { result: 'recovered' } });
});

test.each([
  ['everything', '"everything" can not be paused; what can is global, docker, docker/ENGINE, kubernetes'],
  ['docker/nowhere', 'there is no docker "nowhere"; those that are configured are none'],
  ['kubernetes/a/b/c', 'can not be paused'],
])('%s is refused, and nothing is paused', async (scope, sentence) => {
  const road = testRoad();
  const { said } = await served(road);
  await expect(pause([scope], said)).rejects.toThrow(sentence);
  expect(await road.road.store.pauses()).toEqual([]);
});

test('what is not held can not be resumed, and it is said what is', async () => {
  const road = testRoad();
  const { said } = await served(road);
  await pause(['docker'], said);
  await expect(resume(['global'], said)).rejects.toThrow('"global" is not held; what is held is docker');
  await expect(resume([], said)).rejects.toThrow('usage: paramedic resume SCOPE|storm');
});

test('without the login, from another site, or by GET nothing is said or done', async () => {
  const road = testRoad();
  const { app } = await served(road);
  const body = { scope: 'global' };
  await app.post('/api/v1/pause').send(body).expect(401);
  await app.get('/api/v1/brakes').expect(401);
  await app.post('/api/v1/pause').auth('ops', 'pass:word').set('Sec-Fetch-Site', 'cross-site').send(body).expect(403);
  await app.post('/api/v1/pause').auth('ops', 'pass:word').set('Origin', 'http://evil.example').send(body).expect(403);
  await app.get('/api/v1/pause').auth('ops', 'pass:word').expect(404);
  expect(await road.road.store.pauses()).toEqual([]);
  await app.post('/api/v1/pause').auth('ops', 'pass:word').set('Sec-Fetch-Site', 'same-origin').send({}).expect(400);
});

test('the command line says what to do when nobody answers, when it is another server, and when the login is wrong', async () => {
  const road = testRoad();
  const { said, config } = await served(road);
  await expect(showBrakes({ ...said, url: 'http://127.0.0.1:1' })).rejects.toThrow(
    'no Paramedic answers at http://127.0.0.1:1',
  );
  const other = createServer((_req, res) => res.writeHead(404).end('<html>'));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  closers.push(() => new Promise((resolve) => other.close(resolve)));
  const address = other.address();
  const port = typeof address === 'object' ? address?.port : '';
  await expect(showBrakes({ ...said, url: `http://127.0.0.1:${port}` })).rejects.toThrow('HTTP 404; is it Paramedic?');
  await writeFile(config, (await readFile(config, 'utf8')).replace('pass:word', 'wrong'));
  await expect(showBrakes(said)).rejects.toThrow("This needs the queue UI's login.");
});
