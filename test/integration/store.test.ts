import { expect, test } from 'vitest';
import { RunReplaced } from '../../src/domain/errors.ts';
import { alert, decideInput, minute, news, plan, t0, web, storeOnRedis } from '../fakes/store-on-redis.ts';

const on = storeOnRedis();

test('the first alert opens a recovery, its repeat only counts', async () => {
  expect(await on.store().heard(news(alert('f1'), t0))).toEqual({ news: 'new' });
  const first = await on.open();
  expect(first).toMatchObject({ opened: true, attempt: 1, decision: { decision: 'recover', target: web } });
  expect(await on.store().heard(news(alert('f1'), t0 + 2_000))).toEqual({
    news: 'repeat',
    episode: first.episode,
    due: false,
  });
  expect(await on.store().episode(first.episode)).toMatchObject({ count: 2, targetKey: web.key });
});

test('forty alerts about one target are one recovery', async () => {
  const decided = await Promise.all(Array.from({ length: 40 }, (_, i) => on.open(`f${i}`)));
  expect(decided.filter((one) => one.opened)).toHaveLength(1);
  expect(new Set(decided.map((one) => one.recovery)).size).toBe(1);
  expect(new Set(decided.map((one) => one.episode)).size).toBe(1);
});

test('another alert about the target joins the recovery under way, with a decision of its own', async () => {
  const first = await on.open();
  const other = await on.store().decide(decideInput(alert('f2', { alertname: 'Unhealthy' }), t0 + 2_000));
  expect(other).toMatchObject({ opened: false, decision: { recovery: first.recovery, decision: 'recover' } });
  expect(other.episode).not.toBe(first.episode);
  expect((await on.store().recovery(first.recovery))?.episodes.toSorted()).toEqual(
    [first.episode, other.episode].toSorted(),
  );
});

test('an older firing that comes after its resolve is late: counted, and nothing else', async () => {
  const first = await on.open();
  expect(await on.resolvedAt('f1', t0 + minute)).toEqual({ episode: first.episode, closed: true });
  expect(await on.store().heard(news(alert('f1'), t0 + 2 * minute))).toEqual({ news: 'late', episode: first.episode });
  expect(await on.store().episode(first.episode)).toMatchObject({ count: 3, closedAt: t0 + minute + 1 });
});

test('what goes on firing long after its resolve is news: Alertmanager also resolves what it does not hear of', async () => {
  await on.open();
  await on.resolvedAt('f1', t0 + minute);
  expect(await on.store().heard(news(alert('f1'), t0 + 7 * minute))).toEqual({ news: 'new' });
});

test('a firing that began after the resolve is a new episode', async () => {
  const first = await on.open();
  await on.resolvedAt('f1', t0 + minute);
  const again = alert('f1', { startsAt: t0 + 2 * minute });
  expect(await on.store().heard(news(again, t0 + 2 * minute))).toEqual({ news: 'new' });
  await on.finish(first.recovery, { result: 'recovered', reason: 'well' }, t0 + minute);
  const second = await on.store().decide(decideInput(again, t0 + 3 * minute));
  expect(second.episode).not.toBe(first.episode);
  expect(second).toMatchObject({ opened: true, attempt: 1 });
});

test('what Alertmanager itself lists as firing is never late, and not counted', async () => {
  const first = await on.open();
  await on.resolvedAt('f1', t0 + minute);
  const reread = { ...news(alert('f1'), t0 + 2 * minute), source: 'reread' } as const;
  expect(await on.store().heard(reread)).toEqual({ news: 'new' });
  expect(await on.store().episode(first.episode)).toMatchObject({ count: 2 });
});

test('an episode with two members stays open while one of them fires', async () => {
  const first = await on.open('f1');
  await on.open('f2');
  expect(await on.resolvedAt('f1', t0 + minute)).toEqual({ episode: first.episode, closed: false });
  expect(Object.keys((await on.store().episode(first.episode))?.members ?? {})).toEqual(['f2']);
  expect(await on.resolvedAt('f2', t0 + minute)).toEqual({ episode: first.episode, closed: true });
});

test('a resolve that is older than the present firing changes nothing', async () => {
  const first = await on.store().decide(decideInput(alert('f1', { startsAt: t0 + minute }), t0 + minute));
  expect(await on.resolvedAt('f1', t0)).toEqual({ episode: first.episode, closed: false });
});

test('a resolve of something never heard of gets a decision too', async () => {
  const { episode, closed } = await on.resolvedAt('f9', t0);
  expect(closed).toBe(true);
  expect(await on.store().decision(episode)).toMatchObject({
    decision: 'none',
    reason: 'it was resolved when we first heard of it',
  });
  await on.resolvedAt('f9', t0);
  expect(await on.store().decisions(10)).toMatchObject([{ episode, count: 2 }]);
});

test('an alert that was refused goes on in the same episode once its target is known', async () => {
  const refused = await on.store().decide(
    decideInput(alert('f1'), t0, {
      decision: { decision: 'none', reason: 'no such container', mode: 'act', retryAt: t0 + minute },
    }),
  );
  expect(await on.store().heard(news(alert('f1'), t0 + 1))).toMatchObject({ news: 'repeat', due: false });
  expect(await on.store().heard(news(alert('f1'), t0 + minute))).toMatchObject({ news: 'repeat', due: true });
  const found = await on.store().decide(decideInput(alert('f1'), t0 + minute, { heard: true }));
  expect(found).toMatchObject({ episode: refused.episode, opened: true });
  expect(await on.store().episode(refused.episode)).toMatchObject({ count: 3, targetKey: web.key });
  expect(await on.store().openEpisodes()).toHaveLength(1);
});

test('under another configuration a repeat is decided anew', async () => {
  const first = await on.open();
  expect(await on.store().heard(news(alert('f1'), t0 + 2_000, 'c2'))).toMatchObject({ news: 'repeat', due: true });
  await on.finish(first.recovery, { result: 'planned', reason: 'start container web' }, t0 + 3_000);
  const next = await on.store().decide(decideInput(alert('f1'), t0 + 4_000, { config: 'c2', heard: true }));
  expect(next).toMatchObject({ opened: true, attempt: 2, decision: { recovery: first.recovery } });
});

test('an alert older than the end of its target’s last recovery is answered by it, until freshness is over', async () => {
  const first = await on.open();
  await on.finish(first.recovery, { result: 'recovered', reason: 'well', retryAfterMs: 10 * minute }, t0 + minute);
  const other = alert('f2', { alertname: 'Unhealthy', startsAt: t0 + 30_000 });
  const answered = await on.store().decide(decideInput(other, t0 + 2 * minute));
  expect(answered).toMatchObject({ opened: false, decision: { decision: 'none', recovery: first.recovery } });
  expect(answered.decision.reason).toContain('which ended recovered after this alert had started');
  const later = await on.store().decide(decideInput(other, t0 + 12 * minute, { heard: true }));
  expect(later.opened).toBe(true);
  expect(later.decision.recovery).not.toBe(first.recovery);
});

test('an alert of an open episode that began after the recovery had ended is the trouble on again', async () => {
  const first = await on.open();
  await on.finish(first.recovery, { result: 'not-recovered', reason: 'no' }, t0 + minute);
  expect(await on.store().heard(news(alert('f1'), t0 + 2 * minute))).toMatchObject({ news: 'repeat', due: false });
  const again = alert('f1', { startsAt: t0 + 3 * minute });
  expect(await on.store().heard(news(again, t0 + 4 * minute))).toMatchObject({ news: 'repeat', due: true });
  const second = await on.store().decide(decideInput(again, t0 + 4 * minute, { heard: true }));
  expect(second).toMatchObject({ episode: first.episode, opened: true, attempt: 1 });
  expect(second.decision.recovery).not.toBe(first.recovery);
});

test('what ended not-recovered answers its alert for good, also when Alertmanager forgot it in between', async () => {
  const first = await on.open();
  await on.finish(first.recovery, { result: 'not-recovered', reason: 'no' }, t0 + minute);
  await on.store().missed(first.episode, 'f1', t0 + 20 * minute);
  expect(await on.store().missed(first.episode, 'f1', t0 + 22 * minute)).toBe(true);
  const back = await on.store().decide(decideInput(alert('f1'), t0 + 23 * minute));
  expect(back).toMatchObject({ opened: false, decision: { decision: 'none', recovery: first.recovery } });
});

test('an end whose answer was lost may be sent again', async () => {
  const { recovery } = await on.open();
  const mine = { recovery, attempt: 1, run: 'a' };
  await on.store().begin(mine, 0);
  await on.store().end(mine, { result: 'recovered', reason: '' }, 0, t0);
  await on.store().end(mine, { result: 'recovered', reason: '' }, 0, t0);
  await expect(on.store().end({ ...mine, run: 'b' }, { result: 'failed', reason: '' }, 0, t0)).rejects.toThrow(
    RunReplaced,
  );
});

test('half a surrogate pair in a name is no end of the world', async () => {
  const odd = await on.store().decide(decideInput(alert('f1', { alertname: 'X\ud800' }), t0));
  expect(odd.decision.alertname).toBe('X\ufffd');
});

test('what was held goes on as the next attempt, with an empty journal', async () => {
  const first = await on.open();
  const run = { recovery: first.recovery, attempt: 1, run: 'a' };
  await on.store().begin(run, 0);
  await on.store().journal(run, { step: 0, candidate: 0, phase: 'planned', at: t0, plan });
  await on.store().end(run, { result: 'blocked', reason: 'cooldown', retryAfterMs: 5_000 }, 0, t0 + 2_000);
  expect(await on.store().heard(news(alert('f1'), t0 + 6_999))).toMatchObject({ due: false });
  expect(await on.store().heard(news(alert('f1'), t0 + 7_000))).toMatchObject({ due: true });
  expect(await on.store().decide(decideInput(alert('f1'), t0 + 7_000, { heard: true }))).toMatchObject({
    opened: true,
    attempt: 2,
  });
  expect(await on.store().recovery(first.recovery)).toMatchObject({ state: 'open', attempt: 2, journal: [] });
});
