import { expect, test } from 'vitest';
import { RunReplaced } from '../../src/domain/errors.ts';
import { alert, decideInput, minute, news, plan, t0, web, storeOnRedis } from '../fakes/store-on-redis.ts';

const on = storeOnRedis();

test('only the run that began last may write, and a plan comes back to the digit', async () => {
  const { recovery } = await on.open();
  const first = { recovery, attempt: 1, run: 'a' };
  const second = { recovery, attempt: 1, run: 'b' };
  expect(await on.store().begin(first, 0)).toMatchObject({ begin: 'run' });
  await on.store().journal(first, { step: 0, candidate: 0, phase: 'applying', at: t0, plan });
  const begun = await on.store().begin(second, 0);
  expect(begun).toMatchObject({ begin: 'run', recovery: { journal: [{ phase: 'applying', plan }] } });
  await expect(on.store().journal(first, { step: 0, candidate: 0, phase: 'applied', at: t0, plan })).rejects.toThrow(
    RunReplaced,
  );
  await expect(on.store().end(first, { result: 'recovered', reason: '' }, 0, t0)).rejects.toThrow(RunReplaced);
  await expect(on.store().report(first, [])).rejects.toThrow(RunReplaced);
  expect(await on.store().lastActed(web)).toEqual({ recovery, attempt: 1, at: t0 });
});

test('a bell that rings twice after the end starts nothing; a retry by hand is the next attempt', async () => {
  const { recovery } = await on.open();
  await on.finish(recovery, { result: 'not-recovered', reason: 'no' }, t0 + minute);
  const ring = { recovery, attempt: 1, run: 'z' };
  // Doubled before it was told: the outcome is told. Nothing is run again.
  expect(await on.store().begin(ring, 0)).toMatchObject({ begin: 'untold', outcome: { result: 'not-recovered' } });
  expect(await on.store().begin(ring, 1)).toMatchObject({ begin: 'retry' });
  expect(await on.store().reopen(recovery, 1, 'z', 0)).toEqual({ attempt: 2 });
  // The answer got lost, and the call is sent again.
  expect(await on.store().reopen(recovery, 1, 'z', 0)).toEqual({ attempt: 2 });
  expect(await on.store().reopen(recovery, 1, 'y', 0)).toMatchObject({ refused: expect.any(String) as string });
  expect(await on.store().begin(ring, 1)).toEqual({ begin: 'ended', reason: 'attempt 2 is the present one' });
  expect(await on.store().begin({ ...ring, attempt: 2 }, 0)).toMatchObject({ begin: 'run' });
});

test('a retry is refused while another recovery holds the target', async () => {
  const { recovery } = await on.open();
  await on.finish(recovery, { result: 'not-recovered', reason: 'no' }, t0 + minute);
  const other = await on
    .store()
    .decide(decideInput(alert('f2', { alertname: 'Unhealthy', startsAt: t0 + 2 * minute }), t0 + 2 * minute));
  expect(other.opened).toBe(true);
  expect(await on.store().reopen(recovery, 1, 'z', 0)).toEqual({
    refused: `${other.decision.recovery} is under way for ${web.key}`,
  });
});

test('the other objects of a plan are reserved all or none, and free when the recovery ends', async () => {
  const { recovery } = await on.open();
  const run = { recovery, attempt: 1, run: 'a' };
  await on.store().begin(run, 0);
  const db = { kind: 'container', key: 'docker/local/container/db' };
  const holder = await on
    .store()
    .decide(decideInput(alert('f2'), t0, { decision: { decision: 'recover', reason: '', mode: 'act', target: db } }));
  expect(await on.store().reserve(run, ['docker/local/container/cache', db.key])).toEqual({
    key: db.key,
    by: holder.decision.recovery,
  });
  await on.finish(holder.decision.recovery ?? '', { result: 'recovered', reason: '' }, t0 + 1);
  expect(await on.store().reserve(run, ['docker/local/container/cache', db.key])).toBeUndefined();
  await on.store().end(run, { result: 'recovered', reason: '' }, 0, t0 + 2);
  expect(await on.keys('reserved:*')).toEqual([]);
});

test('a member that Alertmanager has not listed for a while leaves; listed in between it stays', async () => {
  const { episode } = await on.open();
  expect(await on.store().missed(episode, 'f1', t0)).toBe(false);
  await on.store().heard(news(alert('f1'), t0 + 1));
  expect(await on.store().missed(episode, 'f1', t0 + minute)).toBe(false);
  // An Alertmanager that was restarted is filled again within a minute.
  expect(await on.store().missed(episode, 'f1', t0 + 2 * minute)).toBe(false);
  expect(await on.store().missed(episode, 'f1', t0 + 2.5 * minute)).toBe(true);
  expect(await on.store().openEpisodes()).toEqual([]);
  // Its alerts may come back with the startsAt they had: Alertmanager lost its list, not the trouble.
  expect(await on.store().heard(news(alert('f1'), t0 + 3 * minute))).toEqual({ news: 'new' });
});

test('the outcome is written into the decisions of its episodes', async () => {
  const { recovery, episode } = await on.open();
  await on.finish(recovery, { result: 'not-recovered', reason: 'after 3m: exited with code 1' }, t0 + minute);
  expect(await on.store().decision(episode)).toMatchObject({ reason: 'not-recovered: after 3m: exited with code 1' });
  expect(await on.store().openRecoveries()).toEqual([]);
});

test('a recovery whose job is dead is ended without a run, once', async () => {
  const { recovery } = await on.open();
  const dead = { recovery, attempt: 1, run: '' };
  await on.store().end(dead, { result: 'failed', reason: 'its job is dead' }, -1, t0);
  await expect(on.store().end(dead, { result: 'failed', reason: 'again' }, -1, t0)).rejects.toThrow(RunReplaced);
  expect(await on.store().begin({ recovery, attempt: 1, run: 'x' }, 0)).toMatchObject({ begin: 'retry' });
});
