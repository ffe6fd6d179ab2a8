import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import supertest from 'supertest';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { explain } from '../../src/cli/explain.ts';
import { triage } from '../../src/flow.ts';
import { cooldown } from '../../src/guardrails/cooldown/cooldown.ts';
import { createApp, listen } from '../../src/http/server.ts';
import { decisionRecords } from '../../src/road/records.ts';
import { roadsOnRedis, run } from '../fakes/road-on-redis.ts';
import type { TestRoad } from '../fakes/road.ts';
import { testDeps } from './webhook-deps.ts';

const testRoad = roadsOnRedis();
const login = ['ops', 'pass:word'] as const;
const fingerprint = '00f1a2b3c4d5e6f7';
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** A server with that road's decisions, and `paramedic explain` that asks it. */
async function served({ road }: TestRoad) {
  const { records } = testDeps().deps;
  const app = createApp(
    testDeps({
      records: {
        ...records,
        decisions: ({ limit, ...about }) => road.store.decisions(limit, about),
        decision: (word) => decisionRecords(word, road),
      },
    }).deps,
  );
  const http = await listen(app, { host: '127.0.0.1', port: 0 });
  closers.push(() => http.close(0));
  const dir = await mkdtemp(join(tmpdir(), 'paramedic-decisions-'));
  closers.push(() => rm(dir, { recursive: true }));
  const config = join(dir, 'paramedic.yml');
  await writeFile(config, `listen: 127.0.0.1:${http.port}\nui: {basic_auth: {username: ops, password: 'pass:word'}}\n`);
  const lines: string[] = [];
  const out = (line: string): void => void lines.push(line);
  const say = async (payload: string, json = false): Promise<string[]> => {
    lines.length = 0;
    expect(await explain({ payload, config, json, env: {}, out })).toBe(0);
    // Ages are of the real clock, ids are random.
    return lines.map((line) => line.replace(/\(\S+ ago\)/, '(AGE ago)').replace(/\b(ep|r)_[0-9a-f]{16}/g, '$1_ID'));
  };
  return { app: supertest(app), say };
}

/** One alert with that fingerprint, and its recovery. */
async function walked(road: TestRoad, more: Parameters<TestRoad['alert']>[0] = {}) {
  await triage(road.delivery(road.alert({ fingerprint, ...more })), road.road);
  const ring = road.rings.at(-1);
  if (ring === undefined) throw new Error('no recovery was opened');
  await run(road, ring.recovery, ring.attempt);
  return ring.recovery;
}

test('explain FINGERPRINT tells what was decided, the plan, each verdict, the outcome and what to paste', async () => {
  const road = testRoad({ guardrails: [cooldown] });
  const recovery = await walked(road);
  const { say } = await served(road);
  const text = [
    'Down (00f1a2b3c4d5e6f7), ep_ID, decided 2025-11-24T16:00:00Z (AGE ago), 1 alert',
    '  target    test/a',
    '  playbook  down, mode act',
    '  decision  recover',
    '  recovery  r_ID, attempt 1',
    '  plan      fix a',
    '  allowed   cooldown: it was not acted on before',
    '  tried     well for 30 s',
    '  outcome   recovered: fix a: well for 30 s',
    '  next      paramedic recoveries show r_ID',
  ];
  expect(await say(fingerprint)).toEqual(text);
  const [decision] = await road.road.store.decisionsOf(fingerprint);
  expect(await say(decision?.episode ?? '')).toEqual(text);
  expect(await say(recovery)).toEqual(text);
});

test('every decision about a fingerprint is told, the newest first, also one whose episode was decided by another', async () => {
  const road = testRoad();
  await walked(road);
  await triage(road.delivery(road.alert({ fingerprint, status: 'resolved', endsAt: road.clock.now() })), road.road);
  await road.clock.sleep(3_600_000);
  // The same trouble again, seen by two exporters: the episode is decided by the first of them.
  const other = { fingerprint: 'aaaaaaaaaaaaaaaa', startsAt: road.clock.now() };
  await triage(road.delivery(road.alert(other)), road.road);
  await triage(road.delivery(road.alert({ fingerprint, startsAt: road.clock.now() })), road.road);
  const found = await road.road.store.decisionsOf(fingerprint);
  expect(found.map((one) => [one.fingerprint, one.count])).toEqual([
    ['aaaaaaaaaaaaaaaa', 2],
    [fingerprint, 2],
  ]);
  const { say } = await served(road);
  const lines = await say(fingerprint);
  expect(lines.filter((line) => line.startsWith('Down') || line === '')).toHaveLength(3);
});

test('what did not recover says how to go on, and what held it says which guardrail', async () => {
  const road = testRoad({ guardrails: [cooldown] });
  road.redefine('fix', { apply: async () => undefined });
  await walked(road);
  const { say } = await served(road);
  expect((await say(fingerprint)).slice(-4)).toEqual([
    '  outcome   not-recovered: fix/thing: after 180 s: down',
    '  next      paramedic ack r_ID',
    '  next      paramedic recoveries retry r_ID',
    '  next      paramedic recoveries show r_ID',
  ]);
  await road.clock.sleep(1_000);
  await walked(road, { fingerprint: 'bbbbbbbbbbbbbbbb', startsAt: road.clock.now() });
  const held = await say('bbbbbbbbbbbbbbbb');
  expect(held.filter((line) => line.startsWith('  held by   cooldown: '))).toHaveLength(1);
  expect(held.some((line) => line.startsWith('  outcome   blocked: '))).toBe(true);
});

test('an alert that no playbook answers says the nearest miss', async () => {
  const road = testRoad();
  const ops = { text: 'team="ops"', label: 'team', matches: (value: string) => value === 'ops' };
  const playbooks = road.config.playbooks.map((one) => ({ ...one, match: [...one.match, ops] }));
  Object.assign(road.config, { playbooks });
  await triage(road.delivery(road.alert({ fingerprint })), road.road);
  const { say } = await served(road);
  expect(await say(fingerprint)).toEqual([
    'Down (00f1a2b3c4d5e6f7), ep_ID, decided 2025-11-24T16:00:00Z (AGE ago), 1 alert',
    '  decision  nothing: no playbook answers it: the nearest is down, whose matcher team="ops" fails (team is not set)',
    '  next      paramedic check-config FILE, when a playbook of it answers this alert',
  ]);
});

test('as JSON it has the verdicts, and nothing that the plan pins', async () => {
  const road = testRoad({ guardrails: [cooldown] });
  await walked(road);
  const { say, app } = await served(road);
  const answer: unknown = JSON.parse((await say(fingerprint, true)).join('\n'));
  expect(answer).toMatchObject({
    decisions: [
      {
        decision: { fingerprint, playbook: 'down', target: { key: 'test/a' } },
        recovery: { steps: [{ guardrails: [{ kind: 'cooldown', verdict: { ok: true } }] }] },
      },
    ],
  });
  const { text } = await app
    .get(`/api/v1/decisions/${fingerprint}`)
    .auth(...login)
    .expect(200);
  for (const pinned of ['journal', 'candidate', 'instance', '"before"']) expect(text).not.toContain(pinned);
});

test('what is not known is said, and a file of that name is a payload as before', async () => {
  const road = testRoad();
  const { say } = await served(road);
  await expect(say('cccccccccccccccc')).rejects.toThrow(
    'No decision about "cccccccccccccccc" is known: it may be older than what is kept (30 d).',
  );
  const dir = await mkdtemp(join(tmpdir(), 'paramedic-payload-'));
  closers.push(() => rm(dir, { recursive: true }));
  const before = process.cwd();
  closers.push(async () => process.chdir(before));
  process.chdir(dir);
  await writeFile('cccccccccccccccc', 'no JSON');
  await expect(say('cccccccccccccccc')).rejects.toThrow('cccccccccccccccc is no webhook payload');
  await expect(say('elsewhere.json')).rejects.toThrow('elsewhere.json is no webhook payload');
});

test('the list is the newest first, by name and by target, and takes no nonsense', async () => {
  const road = testRoad();
  await walked(road);
  await road.clock.sleep(1_000);
  await triage(road.delivery(road.alert({ fingerprint: 'f2', alertname: 'Other', labels: {} })), road.road);
  const { app } = await served(road);
  const listed = async (query: string): Promise<string[]> => {
    const { body } = await app
      .get(`/api/v1/decisions${query}`)
      .auth(...login)
      .expect(200);
    return z
      .object({ decisions: z.array(z.object({ alertname: z.string() })) })
      .parse(body)
      .decisions.map((one) => one.alertname);
  };
  expect(await listed('')).toEqual(['Other', 'Down']);
  expect(await listed('?limit=1')).toEqual(['Other']);
  expect(await listed('?alertname=Down')).toEqual(['Down']);
  expect(await listed('?target=test/a')).toEqual(['Down']);
  expect(await listed('?target=test/a&alertname=Other')).toEqual([]);
  await app.get('/api/v1/decisions').expect(401);
  for (const query of ['limit=0', 'limit=1001', 'limit=many', 'alertname=a&alertname=b'])
    await app
      .get(`/api/v1/decisions?${query}`)
      .auth(...login)
      .expect(400);
});
