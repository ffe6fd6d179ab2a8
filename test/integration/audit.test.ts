import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import supertest from 'supertest';
import { afterEach, expect, test } from 'vitest';
import { audit } from '../../src/cli/audit.ts';
import type { AuditEntry } from '../../src/domain/audit.ts';
import { no, yes } from '../../src/domain/verdict.ts';
import { createApp, listen } from '../../src/http/server.ts';
import { acknowledge, pause, resume } from '../../src/road/brakes.ts';
import { audited, auditOf, wordAbout } from '../../src/road/audited.ts';
import { auditOfLast } from '../../src/road/records.ts';
import { maxBytes } from '../../src/store/keys.ts';
import { createRedisStore } from '../../src/store/redis-store.ts';
import { roadsOnRedis, run, start } from '../fakes/road-on-redis.ts';
import { minute, plan, t0, web } from '../fakes/store-on-redis.ts';
import { redisOfFile } from '../fakes/redis-of-file.ts';
import { testDeps } from './webhook-deps.ts';

const testRoad = roadsOnRedis();
const day = 86_400_000;
const closers: (() => Promise<unknown>)[] = [];
const { redis } = redisOfFile();
let count = 0;
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});
const freshStore = (audits?: number) =>
  createRedisStore(redis(), `audit${(count += 1)}:`, { ...maxBytes, ...(audits !== undefined && { audit: audits }) });

const full: AuditEntry = {
  at: t0,
  who: 'paramedic',
  what: 'applying',
  recovery: 'r_1',
  target: web.key,
  text: 'start/container in attempt 1',
  plan: { summary: plan.summary, touches: plan.touches },
  verdicts: [
    { kind: 'cooldown', verdict: yes('not acted on before') },
    { kind: 'budget', verdict: no('3 of 3 used', 5 * minute) },
  ],
};
const said = (at: number, text = 'global'): AuditEntry => ({ at, who: 'ops', what: 'paused', text });

test('what was recorded is read as it was, newest first, back to when it is asked', async () => {
  const store = freshStore();
  // Several workers: their clocks are not one, and their lines come in another order.
  for (const entry of [full, said(t0 + minute), said(t0 - minute, 'late'), said(t0 + 2 * minute)])
    await store.record(entry);
  const found = await store.audit({ since: t0, limit: 10 });
  expect(found).toEqual([said(t0 + 2 * minute), said(t0 + minute), full]);
  expect(await store.audit({ since: t0, limit: 1 })).toEqual([said(t0 + 2 * minute)]);
  expect(await store.audit({ since: t0 + 3 * minute, limit: 10 })).toEqual([]);
});

test('more than one page of it is read', async () => {
  const store = freshStore();
  await Promise.all(Array.from({ length: 1_201 }, (_, n) => store.record(said(t0 + n))));
  expect(await store.audit({ since: t0, limit: 5_000 })).toHaveLength(1_201);
  expect(await store.audit({ since: t0 + 1_101, limit: 5_000 })).toHaveLength(100);
});

test('what goes is the oldest: by age, and when all of it is too large', async () => {
  const store = freshStore(40_000);
  for (let n = 0; n < 400; n++) await store.record(said(n, `${n} ${'x'.repeat(300)}`));
  const { bytes } = (await store.usage()).find(({ part }) => part === 'audit') ?? { bytes: 0 };
  expect(bytes).toBeGreaterThan(100_000);
  await store.trim(Date.now());
  const [left] = (await store.usage()).filter(({ part }) => part === 'audit');
  expect(left?.maxBytes).toBe(40_000);
  expect(left?.bytes).toBeLessThanOrEqual(40_000);
  expect(left?.bytes).toBeGreaterThan(20_000);
  const kept = await store.audit({ since: 0, limit: 1_000 });
  expect(kept.map(({ at }) => at)).toEqual(Array.from(kept, (_, n) => 399 - n));
  await store.trim(Date.now() + 29 * day);
  expect(await store.audit({ since: 0, limit: 1_000 })).toHaveLength(kept.length);
  await store.trim(Date.now() + 31 * day);
  expect(await store.audit({ since: 0, limit: 1_000 })).toEqual([]);
});

test('a line is bounded, whatever was said', async () => {
  const store = freshStore();
  const touches = Array.from({ length: 80 }, (_, n) => `t${n}`);
  await store.record({ ...said(t0, `\ud800${'y'.repeat(9_999)}`), plan: { summary: 'z'.repeat(9_999), touches } });
  const [entry] = await store.audit({ since: t0, limit: 1 });
  expect(entry?.text.length).toBe(2_001);
  expect(entry?.plan?.summary.length).toBe(2_001);
  expect(entry?.plan?.touches).toHaveLength(50);
});

test('pause, resume and acknowledge are recorded with who said it; what could not be done is not', async () => {
  const { road } = testRoad();
  await pause({ scope: 'global', by: 'ann', reason: 'migration' }, road);
  await resume('global', 'bob', road);
  expect(await resume('global', 'bob', road)).toMatchObject({ ok: false });
  expect(await pause({ scope: 'nonsense', by: 'ann', reason: '' }, road)).toMatchObject({ ok: false });
  expect(await acknowledge('r_none', 'ann', road)).toMatchObject({ ok: false });
  expect((await road.store.audit({ since: 0, limit: 10 })).map(({ at: _at, ...rest }) => rest)).toEqual([
    { who: 'bob', what: 'resumed', text: 'global' },
    { who: 'ann', what: 'paused', text: 'global: migration' },
  ]);
});

test('an acknowledgement names the recovery, its target and what is released', async () => {
  const road = testRoad();
  road.redefine('fix', { apply: async () => undefined });
  const recovery = await start(road);
  expect(await run(road, recovery)).toMatchObject({ outcome: { result: 'not-recovered' } });
  expect(await acknowledge(recovery, 'ann', road.road)).toMatchObject({ ok: true });
  const [entry] = await road.road.store.audit({ since: 0, limit: 1 });
  expect(entry).toMatchObject({ who: 'ann', what: 'acknowledged', recovery, target: 'test/a', text: 'its page' });
});

test('what can not be recorded is not done, and it is said why', async () => {
  const { road } = testRoad();
  const record = async (): Promise<never> => {
    throw new Error('Connection is closed.');
  };
  const deaf = { ...road, store: { ...road.store, record } };
  expect(await pause({ scope: 'global', by: 'ann', reason: '' }, deaf)).toEqual(
    no('nothing was done: it could not be written into the audit (Connection is closed.)'),
  );
  expect(await road.store.pauses()).toEqual([]);
});

test('what is refused after it was recorded, or fails, has a second line that says so', async () => {
  const { road } = testRoad();
  const word = { who: 'ann', what: 'approved', recovery: 'r_1', text: 'attempt 1' } as const;
  expect(await audited(word, road, async () => no('it waits no more'))).toEqual(no('it waits no more'));
  const failing = audited(word, road, async () => {
    throw new Error('boom');
  });
  await expect(failing).rejects.toThrow('boom');
  expect((await road.store.audit({ since: 0, limit: 10 })).map(({ what, text }) => [what, text])).toEqual([
    ['refused', 'approved: boom'],
    ['approved', 'attempt 1'],
    ['refused', 'approved: it waits no more'],
    ['approved', 'attempt 1'],
  ]);
});

test('a word about a recovery has the plan that waits for it, and the verdicts on that', async () => {
  const road = testRoad();
  const recovery = await start(road);
  const word = await wordAbout(recovery, { by: 'ann', what: 'cancelled' }, road.road);
  expect(word).toEqual({ who: 'ann', what: 'cancelled', recovery, target: 'test/a', text: 'attempt 1' });
  const found = await road.road.store.recovery(recovery);
  if (found === undefined) throw new Error('it is gone');
  const verdicts = [{ kind: 'mode', verdict: no('a human has to say yes') }];
  const steps = [{ action: 'fix/thing', ended: 'awaiting', verdict: no('asked'), guardrails: verdicts }] as const;
  const question = { action: 'fix/thing', step: 0, candidate: 0, plan, reason: 'approve', at: 1, expiresAt: 2 };
  const store = { ...road.road.store, recovery: async () => ({ ...found, steps, question }) };
  const about = { by: 'ann', what: 'approved', reason: 'go' } as const;
  expect(await wordAbout(recovery, about, { store })).toMatchObject({
    text: 'go',
    plan: { summary: plan.summary, touches: plan.touches },
    verdicts,
  });
});

test('a line of the journal that changes something is one of the audit, with its plan and verdicts', () => {
  const recovery = { id: 'r_1', attempt: 2, target: web };
  const report = {
    action: 'start/container',
    ended: 'tried',
    verdict: yes('no guardrail holds it'),
    guardrails: [{ kind: 'cooldown', verdict: yes('free') }],
  } as const;
  const entry = { step: 0, candidate: 0, at: t0, plan: { ...plan, undo: 'stop it again' } };
  const about = { at: t0, who: 'paramedic', recovery: 'r_1', target: web.key };
  const told = { plan: { summary: plan.summary, touches: plan.touches } };
  const text = 'start/container in attempt 2';
  expect(auditOf(recovery, { ...entry, phase: 'planned' }, report)).toBeUndefined();
  expect(auditOf(recovery, { ...entry, phase: 'applying' }, report)).toEqual({
    ...about,
    ...told,
    what: 'applying',
    text,
    verdicts: report.guardrails,
  });
  expect(auditOf(recovery, { ...entry, phase: 'applied' }, report)).toEqual({
    ...about,
    ...told,
    what: 'applied',
    text,
  });
  expect(auditOf(recovery, { ...entry, phase: 'verified', verdict: no('still ill') }, report)).toEqual({
    ...about,
    ...told,
    what: 'verified',
    text,
    verdicts: [{ kind: 'verify', verdict: no('still ill') }],
  });
  expect(auditOf(recovery, { ...entry, phase: 'undoing' }, report)).toMatchObject({
    what: 'undoing',
    text: `${text}: stop it again`,
  });
});

/** A server with that audit, and the command line that asks it. */
async function served(entries: readonly AuditEntry[]) {
  const { road, clock } = testRoad();
  for (const entry of entries) await road.store.record({ ...entry, at: clock.now() - entry.at });
  const records = { ...testDeps().deps.records, audit: (wanted: never) => auditOfLast(wanted, road) };
  const app = createApp(testDeps({ records }).deps);
  const http = await listen(app, { host: '127.0.0.1', port: 0 });
  closers.push(() => http.close(0));
  const dir = await mkdtemp(join(tmpdir(), 'paramedic-audit-'));
  closers.push(() => rm(dir, { recursive: true }));
  const config = join(dir, 'paramedic.yml');
  await writeFile(config, `listen: 127.0.0.1:${http.port}\nui: {basic_auth: {username: ops, password: 'pass:word'}}\n`);
  const lines: string[] = [];
  const asked = { config, env: {}, json: false, out: (line: string) => void lines.push(line) };
  return { app: supertest(app), asked, lines, now: clock.now() };
}

test('the command line prints it as a log, the newest last', async () => {
  const { asked, lines, now } = await served([
    said(2 * day, 'long ago'),
    said(2 * minute, 'global: a\nb\u001b[31m'),
    { ...full, at: minute },
  ]);
  const when = (ago: number): string => new Date(now - ago).toISOString().replace(/\.\d+Z$/, 'Z');
  expect(await audit(asked)).toBe(0);
  expect(lines).toEqual([
    `${when(2 * minute)}  ops paused: global: a b [31m`,
    `${when(minute)}  paramedic applying docker/local/container/web (r_1): start/container in attempt 1`,
    '    plan          start container web',
    '    touches       docker/local/container/web',
    '    cooldown      yes, not acted on before',
    '    budget        no, 3 of 3 used',
  ]);
  lines.length = 0;
  await audit({ ...asked, since: '30s' });
  expect(lines).toEqual(['nobody did anything in the last 30s']);
  lines.length = 0;
  await audit({ ...asked, since: '7d', json: true });
  expect(JSON.parse(lines.join('\n'))).toMatchObject({
    entries: [{ text: 'long ago' }, { what: 'paused' }, { what: 'applying', recovery: 'r_1' }],
  });
  await expect(audit({ ...asked, since: 'yesterday' })).rejects.toThrow(
    '--since takes a duration, as 30m, 24h or 7d, not "yesterday"',
  );
});

test('it is read with the login only, by GET only, and what is asked wrongly is said', async () => {
  const { app } = await served([said(minute)]);
  const login = ['ops', 'pass:word'] as const;
  await app.get('/api/v1/audit').expect(401);
  const { body } = await app
    .get('/api/v1/audit?since=1h')
    .auth(...login)
    .expect(200);
  expect(body).toMatchObject({ entries: [{ who: 'ops', what: 'paused' }] });
  for (const query of ['since=soon', 'since=', 'limit=0', 'limit=x', 'since=1h&since=2h'])
    expect(
      (
        await app
          .get(`/api/v1/audit?${query}`)
          .auth(...login)
          .expect(400)
      ).body,
    ).toEqual({
      error: 'Say how far back and how many: /api/v1/audit?since=1h&limit=1000.',
    });
  await app
    .post('/api/v1/audit')
    .auth(...login)
    .set('Sec-Fetch-Site', 'same-origin')
    .send({})
    .expect(404);
  await app
    .delete('/api/v1/audit')
    .auth(...login)
    .set('Sec-Fetch-Site', 'same-origin')
    .expect(404);
});
