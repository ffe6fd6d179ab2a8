import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Alert } from '../../src/domain/alert.ts';
import { RunReplaced } from '../../src/domain/errors.ts';
import type { Outcome } from '../../src/domain/recovery.ts';
import type { DecideInput, Store } from '../../src/domain/store.ts';
import { createRedisStore } from '../../src/store/redis-store.ts';
import { type RedisServer, startRedis } from '../harness/redis.ts';

let server: RedisServer;
let redis: Redis;
let store: Store;
let prefix = 0;

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url);
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});
beforeEach(() => {
  prefix += 1;
  store = createRedisStore(redis, `t${prefix}:`);
});

const minute = 60_000;
const t0 = 1_764_000_000_000;
const web = { kind: 'container', key: 'docker/local/container/web', uid: 'abc' };
const procedure = { name: 'down', mode: 'act', steps: [], guardrails: {} } as const;
const plan = {
  summary: 'start container web',
  touches: [web.key],
  change: { big: 1_764_000_000_123.456, none: [] },
  ownTimeMs: 5_000,
};

const alert = (fingerprint: string, more: Partial<Alert> = {}): Alert => ({
  fingerprint,
  alertname: 'Down',
  status: 'firing',
  labels: {},
  annotations: {},
  startsAt: t0,
  ...more,
});
const news = (one: Alert, now: number, config = 'c1') =>
  ({ alert: one, now, config, source: 'alertmanager', counted: true }) as const;
const decideInput = (one: Alert, now: number, more: Partial<DecideInput> = {}): DecideInput => ({
  ...news(one, now),
  heard: false,
  decision: { decision: 'recover', reason: 'down answers it', playbook: 'down', mode: 'act', target: web },
  procedure,
  freshnessMs: 10 * minute,
  ...more,
});
const resolvedAt = (fingerprint: string, endsAt: number) =>
  store.resolved(news(alert(fingerprint, { status: 'resolved', endsAt }), endsAt + 1));
const open = async (fingerprint = 'f1', now = t0 + 1_000) => {
  const decided = await store.decide(decideInput(alert(fingerprint), now));
  return { ...decided, recovery: decided.decision.recovery ?? '' };
};
const finish = async (recovery: string, outcome: Outcome, now: number, attempt = 1) => {
  const run = { recovery, attempt, run: `run${now}` };
  await store.begin(run, 0);
  await store.end(run, outcome, 0, now);
};

test('the first alert opens a recovery, its repeat only counts', async () => {
  expect(await store.heard(news(alert('f1'), t0))).toEqual({ news: 'new' });
  const first = await open();
  expect(first).toMatchObject({ opened: true, attempt: 1, decision: { decision: 'recover', target: web } });
  expect(await store.heard(news(alert('f1'), t0 + 2_000))).toEqual({
    news: 'repeat',
    episode: first.episode,
    due: false,
  });
  expect(await store.episode(first.episode)).toMatchObject({ count: 2, targetKey: web.key });
});

test('forty alerts about one target are one recovery', async () => {
  const decided = await Promise.all(Array.from({ length: 40 }, (_, i) => open(`f${i}`)));
  expect(decided.filter((one) => one.opened)).toHaveLength(1);
  expect(new Set(decided.map((one) => one.recovery)).size).toBe(1);
  expect(new Set(decided.map((one) => one.episode)).size).toBe(1);
});

test('another alert about the target joins the recovery under way, with a decision of its own', async () => {
  const first = await open();
  const other = await store.decide(decideInput(alert('f2', { alertname: 'Unhealthy' }), t0 + 2_000));
  expect(other).toMatchObject({ opened: false, decision: { recovery: first.recovery, decision: 'recover' } });
  expect(other.episode).not.toBe(first.episode);
  expect((await store.recovery(first.recovery))?.episodes.toSorted()).toEqual(
    [first.episode, other.episode].toSorted(),
  );
});

test('an older firing that comes after its resolve is late: counted, and nothing else', async () => {
  const first = await open();
  expect(await resolvedAt('f1', t0 + minute)).toEqual({ episode: first.episode, closed: true });
  expect(await store.heard(news(alert('f1'), t0 + 2 * minute))).toEqual({ news: 'late', episode: first.episode });
  expect(await store.episode(first.episode)).toMatchObject({ count: 3, closedAt: t0 + minute + 1 });
});

test('a firing that began after the resolve is a new episode', async () => {
  const first = await open();
  await resolvedAt('f1', t0 + minute);
  const again = alert('f1', { startsAt: t0 + 2 * minute });
  expect(await store.heard(news(again, t0 + 2 * minute))).toEqual({ news: 'new' });
  await finish(first.recovery, { result: 'recovered', reason: 'well' }, t0 + minute);
  const second = await store.decide(decideInput(again, t0 + 3 * minute));
  expect(second.episode).not.toBe(first.episode);
  expect(second).toMatchObject({ opened: true, attempt: 1 });
});

test('what Alertmanager itself lists as firing is never late, and not counted', async () => {
  const first = await open();
  await resolvedAt('f1', t0 + minute);
  const reread = { ...news(alert('f1'), t0 + 2 * minute), source: 'reread' } as const;
  expect(await store.heard(reread)).toEqual({ news: 'new' });
  expect(await store.episode(first.episode)).toMatchObject({ count: 2 });
});

test('an episode with two members stays open while one of them fires', async () => {
  const first = await open('f1');
  await open('f2');
  expect(await resolvedAt('f1', t0 + minute)).toEqual({ episode: first.episode, closed: false });
  expect(Object.keys((await store.episode(first.episode))?.members ?? {})).toEqual(['f2']);
  expect(await resolvedAt('f2', t0 + minute)).toEqual({ episode: first.episode, closed: true });
});

test('a resolve that is older than the present firing changes nothing', async () => {
  const first = await store.decide(decideInput(alert('f1', { startsAt: t0 + minute }), t0 + minute));
  expect(await resolvedAt('f1', t0)).toEqual({ episode: first.episode, closed: false });
});

test('a resolve of something never heard of gets a decision too', async () => {
  const { episode, closed } = await resolvedAt('f9', t0);
  expect(closed).toBe(true);
  expect(await store.decision(episode)).toMatchObject({
    decision: 'none',
    reason: 'it was resolved when we first heard of it',
  });
  await resolvedAt('f9', t0);
  expect(await store.decisions(10)).toMatchObject([{ episode, count: 2 }]);
});

test('an alert that was refused goes on in the same episode once its target is known', async () => {
  const refused = await store.decide(
    decideInput(alert('f1'), t0, {
      decision: { decision: 'none', reason: 'no such container', mode: 'act', retryAt: t0 + minute },
    }),
  );
  expect(await store.heard(news(alert('f1'), t0 + 1))).toMatchObject({ news: 'repeat', due: false });
  expect(await store.heard(news(alert('f1'), t0 + minute))).toMatchObject({ news: 'repeat', due: true });
  const found = await store.decide(decideInput(alert('f1'), t0 + minute, { heard: true }));
  expect(found).toMatchObject({ episode: refused.episode, opened: true });
  expect(await store.episode(refused.episode)).toMatchObject({ count: 3, targetKey: web.key });
  expect(await store.openEpisodes()).toHaveLength(1);
});

test('under another configuration a repeat is decided anew', async () => {
  const first = await open();
  expect(await store.heard(news(alert('f1'), t0 + 2_000, 'c2'))).toMatchObject({ news: 'repeat', due: true });
  await finish(first.recovery, { result: 'planned', reason: 'start container web' }, t0 + 3_000);
  const next = await store.decide(decideInput(alert('f1'), t0 + 4_000, { config: 'c2', heard: true }));
  expect(next).toMatchObject({ opened: true, attempt: 2, decision: { recovery: first.recovery } });
});

test('an alert older than the end of its target’s last recovery is answered by it, until freshness is over', async () => {
  const first = await open();
  await finish(first.recovery, { result: 'recovered', reason: 'well', retryAfterMs: 10 * minute }, t0 + minute);
  const other = alert('f2', { alertname: 'Unhealthy', startsAt: t0 + 30_000 });
  const answered = await store.decide(decideInput(other, t0 + 2 * minute));
  expect(answered).toMatchObject({ opened: false, decision: { decision: 'none', recovery: first.recovery } });
  expect(answered.decision.reason).toContain('which ended recovered after this alert had started');
  const later = await store.decide(decideInput(other, t0 + 12 * minute, { heard: true }));
  expect(later.opened).toBe(true);
  expect(later.decision.recovery).not.toBe(first.recovery);
});

test('an alert of an open episode that began after the recovery had ended is the trouble on again', async () => {
  const first = await open();
  await finish(first.recovery, { result: 'not-recovered', reason: 'no' }, t0 + minute);
  expect(await store.heard(news(alert('f1'), t0 + 2 * minute))).toMatchObject({ news: 'repeat', due: false });
  const again = alert('f1', { startsAt: t0 + 3 * minute });
  expect(await store.heard(news(again, t0 + 4 * minute))).toMatchObject({ news: 'repeat', due: true });
  const second = await store.decide(decideInput(again, t0 + 4 * minute, { heard: true }));
  expect(second).toMatchObject({ episode: first.episode, opened: true, attempt: 1 });
  expect(second.decision.recovery).not.toBe(first.recovery);
});

test('what was held goes on as the next attempt, with an empty journal', async () => {
  const first = await open();
  const run = { recovery: first.recovery, attempt: 1, run: 'a' };
  await store.begin(run, 0);
  await store.journal(run, { step: 0, candidate: 0, phase: 'planned', at: t0, plan });
  await store.end(run, { result: 'blocked', reason: 'cooldown', retryAfterMs: 5_000 }, 0, t0 + 2_000);
  expect(await store.heard(news(alert('f1'), t0 + 6_999))).toMatchObject({ due: false });
  expect(await store.heard(news(alert('f1'), t0 + 7_000))).toMatchObject({ due: true });
  expect(await store.decide(decideInput(alert('f1'), t0 + 7_000, { heard: true }))).toMatchObject({
    opened: true,
    attempt: 2,
  });
  expect(await store.recovery(first.recovery)).toMatchObject({ state: 'open', attempt: 2, journal: [] });
});

test('only the run that began last may write, and a plan comes back to the digit', async () => {
  const { recovery } = await open();
  const first = { recovery, attempt: 1, run: 'a' };
  const second = { recovery, attempt: 1, run: 'b' };
  expect(await store.begin(first, 0)).toMatchObject({ begin: 'run' });
  await store.journal(first, { step: 0, candidate: 0, phase: 'applying', at: t0, plan });
  const begun = await store.begin(second, 0);
  expect(begun).toMatchObject({ begin: 'run', recovery: { journal: [{ phase: 'applying', plan }] } });
  await expect(store.journal(first, { step: 0, candidate: 0, phase: 'applied', at: t0, plan })).rejects.toThrow(
    RunReplaced,
  );
  await expect(store.end(first, { result: 'recovered', reason: '' }, 0, t0)).rejects.toThrow(RunReplaced);
  await expect(store.report(first, [])).rejects.toThrow(RunReplaced);
  expect(await store.lastActed(web)).toEqual({ recovery, attempt: 1, at: t0 });
});

test('a bell that rings twice after the end starts nothing; a retry by hand is the next attempt', async () => {
  const { recovery } = await open();
  await finish(recovery, { result: 'not-recovered', reason: 'no' }, t0 + minute);
  const ring = { recovery, attempt: 1, run: 'z' };
  expect(await store.begin(ring, 0)).toEqual({ begin: 'ended', reason: 'attempt 1 ended not-recovered' });
  expect(await store.begin(ring, 1)).toMatchObject({ begin: 'retry' });
  expect(await store.reopen(recovery, 1)).toEqual({ attempt: 2 });
  expect(await store.begin(ring, 1)).toEqual({ begin: 'ended', reason: 'attempt 2 is the present one' });
  expect(await store.begin({ ...ring, attempt: 2 }, 0)).toMatchObject({ begin: 'run' });
});

test('a retry is refused while another recovery holds the target', async () => {
  const { recovery } = await open();
  await finish(recovery, { result: 'not-recovered', reason: 'no' }, t0 + minute);
  const other = await store.decide(
    decideInput(alert('f2', { alertname: 'Unhealthy', startsAt: t0 + 2 * minute }), t0 + 2 * minute),
  );
  expect(other.opened).toBe(true);
  expect(await store.reopen(recovery, 1)).toEqual({
    refused: `${other.decision.recovery} is under way for ${web.key}`,
  });
});

test('the other objects of a plan are reserved all or none, and free when the recovery ends', async () => {
  const { recovery } = await open();
  const run = { recovery, attempt: 1, run: 'a' };
  await store.begin(run, 0);
  const db = { kind: 'container', key: 'docker/local/container/db' };
  const holder = await store.decide(
    decideInput(alert('f2'), t0, { decision: { decision: 'recover', reason: '', mode: 'act', target: db } }),
  );
  expect(await store.reserve(run, ['docker/local/container/cache', db.key])).toEqual({
    key: db.key,
    by: holder.decision.recovery,
  });
  await finish(holder.decision.recovery ?? '', { result: 'recovered', reason: '' }, t0 + 1);
  expect(await store.reserve(run, ['docker/local/container/cache', db.key])).toBeUndefined();
  await store.end(run, { result: 'recovered', reason: '' }, 0, t0 + 2);
  expect(await redis.keys(`t${prefix}:reserved:*`)).toEqual([]);
});

test('a member that Alertmanager does not list twice in a row leaves; listed in between it stays', async () => {
  const { episode } = await open();
  expect(await store.missed(episode, 'f1', t0)).toBe(false);
  await store.heard(news(alert('f1'), t0 + 1));
  expect(await store.missed(episode, 'f1', t0 + 2)).toBe(false);
  expect(await store.missed(episode, 'f1', t0 + 3)).toBe(true);
  expect(await store.openEpisodes()).toEqual([]);
  // Its alerts may come back with the startsAt they had: Alertmanager lost its list, not the trouble.
  expect(await store.heard(news(alert('f1'), t0 + 4))).toEqual({ news: 'new' });
});

test('the outcome is written into the decisions of its episodes', async () => {
  const { recovery, episode } = await open();
  await finish(recovery, { result: 'not-recovered', reason: 'after 3m: exited with code 1' }, t0 + minute);
  expect(await store.decision(episode)).toMatchObject({ reason: 'not-recovered: after 3m: exited with code 1' });
  expect(await store.openRecoveries()).toEqual([]);
});

test('a recovery whose job is dead is ended without a run, once', async () => {
  const { recovery } = await open();
  const dead = { recovery, attempt: 1, run: '' };
  await store.end(dead, { result: 'failed', reason: 'its job is dead' }, -1, t0);
  await expect(store.end(dead, { result: 'failed', reason: 'again' }, -1, t0)).rejects.toThrow(RunReplaced);
  expect(await store.begin({ recovery, attempt: 1, run: 'x' }, 0)).toMatchObject({ begin: 'retry' });
});
