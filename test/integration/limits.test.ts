import { expect, test } from 'vitest';
import type { Limit } from '../../src/domain/limit.ts';
import { actOf } from '../../src/domain/store.ts';
import { alert, decideInput, minute, plan, storeOnRedis, t0, web } from '../fakes/store-on-redis.ts';

const on = storeOnRedis();
const perHour: Limit = { scope: 'budget web 1h', max: 3, windowMs: 60 * minute };
const untilQuiet: Limit = { ...perHour, quiet: web.key, latched: true };
const places: Limit = { scope: 'concurrency global', max: 2 };

/** A run that looks after a recovery of its own. */
async function begin(
  fingerprint: string,
  target = web,
  now = t0,
): Promise<{ recovery: string; attempt: number; run: string }> {
  const input = decideInput(alert(fingerprint, { alertname: `Down ${fingerprint}`, startsAt: now }), now);
  const decided = await on.store().decide({ ...input, decision: { ...input.decision, target } });
  const run = { recovery: decided.decision.recovery ?? '', attempt: decided.attempt ?? 1, run: 'run' };
  await on.store().begin(run, 0);
  return run;
}
const other = (name: string) => ({ kind: 'container', key: `docker/local/container/${name}`, uid: name });
const claim = (run: Awaited<ReturnType<typeof begin>>, act: string, limits: Limit[], now: number, take = true) =>
  on.store().claim(run, { act, limits, take, latch: take, now });

test('acts are counted in until the limit is reached, and not beyond', async () => {
  const run = await begin('f1');
  const used: number[] = [];
  for (const n of [1, 2, 3, 4, 5]) used.push((await claim(run, `act${n}`, [perHour], t0 + n))[0]?.used ?? -1);
  expect(used).toEqual([0, 1, 2, 3, 3]);
});

test('the same act asked for again is counted once, and never held by itself', async () => {
  const run = await begin('f1');
  for (const n of [1, 2, 3]) await claim(run, `act${n}`, [perHour], t0 + n);
  expect((await claim(run, 'act3', [perHour], t0 + 4))[0]?.used).toBe(2);
  expect((await claim(run, 'act4', [perHour], t0 + 5))[0]?.used).toBe(3);
});

test('looking counts nothing in', async () => {
  const run = await begin('f1');
  for (const n of [1, 2, 3, 4]) await claim(run, `act${n}`, [perHour], t0 + n, false);
  expect((await claim(run, 'act5', [perHour], t0 + 5))[0]).toMatchObject({ used: 0, by: [] });
});

test('all or none: where one limit has no room, the others are not used up', async () => {
  const run = await begin('f1');
  const full: Limit = { scope: 'full', max: 0, windowMs: minute };
  await claim(run, 'act1', [perHour, full], t0);
  expect((await claim(run, 'act2', [perHour], t0 + 1))[0]?.used).toBe(0);
});

test('an act leaves the sliding window, and until then it is said when', async () => {
  const run = await begin('f1');
  for (const n of [1, 2, 3]) await claim(run, `act${n}`, [perHour], t0 + n * minute);
  const held = await claim(run, 'act4', [perHour], t0 + 10 * minute);
  expect(held[0]).toMatchObject({ used: 3, freeAt: t0 + 61 * minute, by: ['act3', 'act2', 'act1'] });
  expect((await claim(run, 'act4', [perHour], t0 + 61 * minute))[0]?.used).toBe(2);
});

test('an act counts from when it was done, not from when it was let', async () => {
  const run = await begin('f1');
  const act = actOf(run, { step: 0 });
  await claim(run, act, [perHour], t0);
  const entry = { step: 0, candidate: 0, plan } as const;
  await on.store().journal(run, { ...entry, phase: 'applying', at: t0 + 1 });
  await on.store().journal(run, { ...entry, phase: 'applied', at: t0 + 10 * minute });
  expect((await claim(run, 'next', [perHour], t0 + 65 * minute, false))[0]?.used).toBe(1);
  expect((await claim(run, 'next', [perHour], t0 + 70 * minute, false))[0]?.used).toBe(0);
});

test('what was not begun is forgotten, unless another candidate of its step was done before', async () => {
  const run = await begin('f1');
  const act = actOf(run, { step: 0 });
  const withheld = { step: 0, plan, phase: 'verified', nothing: 'not-begun', at: t0 + 2 } as const;
  await claim(run, act, [perHour], t0);
  await on.store().journal(run, { ...withheld, candidate: 1 });
  expect((await claim(run, 'next', [perHour], t0 + 3, false))[0]).toMatchObject({ used: 1, by: [act] });
  await on.store().journal(run, { ...withheld, candidate: 0 });
  expect((await claim(run, 'next', [perHour], t0 + 3, false))[0]?.used).toBe(0);
});

test('a window that only health refills does not forget while the trouble goes on and off', async () => {
  const run = await begin('f1');
  for (const n of [1, 2]) await claim(run, `act${n}`, [untilQuiet], t0 + n);
  await on.finish(run.recovery, { result: 'recovered', reason: '' }, t0 + minute);
  // On and off each 10 minutes for a day.
  for (let at = 1; at < 144; at += 1) {
    await on.resolvedAt('f1', t0 + at * 10 * minute - minute);
    await begin('f1', web, t0 + at * 10 * minute);
  }
  const again = await begin('f2', web, t0 + 1_440 * minute);
  expect((await claim(again, 'act3', [untilQuiet], t0 + 1_440 * minute))[0]?.used).toBe(2);
});

test('a whole window without an open episode refills it', async () => {
  const run = await begin('f1');
  for (const n of [1, 2]) await claim(run, `act${n}`, [untilQuiet], t0 + n);
  await on.finish(run.recovery, { result: 'recovered', reason: '' }, t0 + minute);
  await on.resolvedAt('f1', t0 + 2 * minute);
  const again = await begin('f1', web, t0 + 63 * minute);
  expect((await claim(again, 'act3', [untilQuiet], t0 + 64 * minute))[0]?.used).toBe(0);
});

test('what is used up stays so, however quiet it gets, until it is acknowledged; the first to meet it is told', async () => {
  const run = await begin('f1');
  for (const n of [1, 2, 3]) await claim(run, `act${n}`, [untilQuiet], t0 + n);
  const told = await claim(run, 'act4', [untilQuiet], t0 + 10);
  expect(told[0]).toMatchObject({ used: 3, latchedAt: t0 + 10, newly: true });
  expect((await claim(run, 'act4', [untilQuiet], t0 + 11))[0]?.newly).toBe(true);
  await on.finish(run.recovery, { result: 'blocked', reason: '', retryAfterMs: 1 }, t0 + minute);
  await on.resolvedAt('f1', t0 + 2 * minute);

  const later = await begin('f2', web, t0 + 500 * minute);
  const held = (await claim(later, 'act5', [untilQuiet], t0 + 500 * minute))[0];
  expect(held).toMatchObject({ latchedAt: t0 + 10, used: 0 });
  expect(held?.newly).toBeUndefined();

  expect(await on.store().acknowledge([untilQuiet.scope], t0 + 501 * minute)).toBe(true);
  expect((await claim(later, 'act5', [untilQuiet], t0 + 502 * minute))[0]).toEqual({
    limit: untilQuiet,
    used: 0,
    by: [],
  });
});

test('an acknowledgement forgets what was done before it', async () => {
  const run = await begin('f1');
  for (const n of [1, 2, 3]) await claim(run, `act${n}`, [untilQuiet], t0 + n);
  await on.store().acknowledge([untilQuiet.scope], t0 + 10);
  expect((await claim(run, 'act4', [untilQuiet], t0 + 11))[0]?.used).toBe(0);
  expect(await on.store().acknowledge(['no such scope'], t0 + 12)).toBe(false);
});

test('a place is held until the recovery ends', async () => {
  const [one, two, three] = [await begin('f1'), await begin('f2', other('b')), await begin('f3', other('c'))];
  expect((await claim(one, 'a', [places], t0))[0]?.used).toBe(0);
  expect((await claim(one, 'b', [places], t0))[0]?.used).toBe(0);
  expect((await claim(two, 'a', [places], t0))[0]?.used).toBe(1);
  expect((await claim(three, 'a', [places], t0))[0]).toMatchObject({ used: 2 });
  await on.store().end(one, { result: 'recovered', reason: '' }, 0, t0 + 1);
  expect((await claim(three, 'a', [places], t0))[0]).toMatchObject({ used: 1, by: [two.recovery] });
});

test('a run that was replaced takes nothing', async () => {
  const run = await begin('f1');
  await on.store().begin({ ...run, run: 'another' }, 0);
  await expect(claim(run, 'act1', [perHour], t0)).rejects.toThrow('another run looks after');
});

test('pauses and a storm stay until somebody ends them; of a storm the first word counts', async () => {
  const store = on.store();
  const paused = { scope: 'docker', by: 'jane', reason: 'upgrade', at: t0 };
  await store.pause(paused);
  expect(await store.pauses()).toEqual([paused]);
  expect([await store.resume('docker'), await store.resume('docker')]).toEqual([true, false]);
  expect(await store.pauses()).toEqual([]);

  expect(await store.storm()).toBeUndefined();
  expect(await store.beginStorm({ at: t0, reason: 'first', by: 'r_1#1' })).toBe(true);
  expect(await store.beginStorm({ at: t0 + 1, reason: 'second', by: 'r_2#1' })).toBe(false);
  expect(await store.storm()).toEqual({ at: t0, reason: 'first', by: 'r_1#1' });
  expect([await store.endStorm(), await store.endStorm()]).toEqual([true, false]);
});

test('who is in trouble is remembered by target', async () => {
  await begin('f1', web, t0);
  await begin('f2', web, t0 + 10);
  await begin('f3', other('b'), t0 + 20);
  expect(await on.store().troubled(t0 + 5)).toEqual([web.key, other('b').key]);
  expect(await on.store().troubled(t0 + 10)).toEqual([other('b').key]);
});
