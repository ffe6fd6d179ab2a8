import { randomBytes } from 'node:crypto';
import { renameSync, statSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { runCare } from '../../src/backups/run-care.ts';
import { LookAgain } from '../../src/domain/errors.ts';
import { yes } from '../../src/domain/verdict.ts';
import { careScene, daily } from '../harness/care-scene.ts';

const scene = careScene();
const never = new AbortController().signal;
const dayMs = 86_400_000;

describe('a check', () => {
  beforeEach(() => scene.care({ check: { schedule: daily, parts: 1 } }));

  it('reads one part after the other, and begins with the first one again', async () => {
    scene.care({ check: { schedule: daily, parts: 3 } });
    await scene.use();
    expect(await scene.nextDay()).toBeUndefined();
    const said: unknown[] = [];
    for (let n = 0; n < 4; n += 1) said.push((await scene.nextDay())?.reason);
    const of3 = (part: number): string => `its structure, and part ${part} of 3 of its data: no errors`;
    expect(said).toEqual([of3(1), of3(2), of3(3), of3(1)]);
    expect(await scene.works()).toMatchObject([{ work: 'check', goodAt: scene.now(), last: { result: 'done' } }]);
  });

  it('that finds a broken pack says so until that is whole, and the next backup works', async () => {
    await scene.backUp();
    await scene.nextDay();
    await scene.flipPacks();
    const found = await scene.nextDay();
    expect(found).toMatchObject({ state: 'ended', result: 'damaged' });
    const foundAt = scene.now();
    expect(await scene.works()).toMatchObject([
      { damage: { at: foundAt, reason: found?.reason }, last: { result: 'damaged' } },
    ]);
    expect((await scene.works())[0]).not.toHaveProperty('goodAt');

    expect(await scene.backUp()).toMatchObject({ result: 'verified' });
    expect(await scene.nextDay()).toMatchObject({ result: 'damaged' });
    expect((await scene.works())[0]?.damage?.at).toBe(foundAt);
  });

  it('finds that the newest recovery point is gone, and does not count it any more', async () => {
    const newest = async () => (await scene.store().standing('orders')).points.get('main')?.snapshot;
    const [first, second] = [await scene.backUp(), await scene.backUp()];
    await scene.nextDay();
    await scene.of('main').forget([second?.snapshot ?? '']);
    expect(await newest()).toBe(second?.snapshot);
    expect((await scene.nextDay())?.reason).toMatch(`no errors; recovery point ${second?.snapshot?.slice(0, 8)} of `);
    expect(await newest()).toBe(first?.snapshot);
    await scene.of('main').forget([first?.snapshot ?? '']);
    expect((await scene.nextDay())?.reason).toMatch(/ is not in main any more, and there is no other one$/);
    expect(await newest()).toBeUndefined();
  });

  it('of another part does not hide what was broken, and who mends it is believed', async () => {
    scene.care({ check: { schedule: daily, parts: 2 } });
    await scene.backUp();
    await scene.nextDay();
    await scene.flipPacks();
    const first = await scene.nextDay();
    expect(first?.result).toBe('damaged');
    scene.care({ check: { schedule: daily, parts: 0 } });
    expect((await scene.nextDay())?.result).toBe('damaged');
    await scene.flipPacks();
    expect(await scene.nextDay()).toMatchObject({
      result: 'done',
      reason: 'its structure, and part 1 of 2 of its data: no errors',
    });
    expect((await scene.works())[0]).toMatchObject({ goodAt: scene.now() });
    expect((await scene.works())[0]).not.toHaveProperty('damage');
    expect(await scene.nextDay()).toMatchObject({ result: 'done', reason: 'its structure: no errors' });
  });

  it('is not begun where nothing was ever written, and is told when it had to be made; from its first use on anew', async () => {
    const looked = scene.now() + dayMs;
    const nextFive = (after: number): number => {
      const five = new Date(after).setUTCHours(5, 0, 0, 0);
      return five > after ? five : five + dayMs;
    };
    for (let n = 0; n < 3; n += 1) expect(await scene.nextDay()).toBeUndefined();
    expect(await scene.works()).toEqual([
      { work: 'check', next: { at: expect.any(Number), timeZone: 'UTC' }, dueAt: nextFive(looked) },
    ]);
    await scene.use();
    expect(await scene.nextDay()).toBeUndefined();
    expect(await scene.works()).toMatchObject([{ work: 'check', dueAt: nextFive(scene.now()) }]);
  });

  it('that could not be made is no damage, and is told when it had to be made', async () => {
    await scene.use();
    await scene.nextDay();
    const { location } = scene.of('main').place;
    const [before] = await scene.works();
    renameSync(location, `${location}-away`);
    expect(await scene.nextDay()).toMatchObject({ result: 'failed', reason: expect.stringContaining('is not at') });
    renameSync(`${location}-away`, location);
    const [after] = await scene.works();
    expect(after?.dueAt).toBe(before?.dueAt);
    expect(after?.dueAt).toBeLessThan(scene.now());
    expect(after).not.toHaveProperty('damage');
    await scene.nextDay();
    expect((await scene.works())[0]?.dueAt).toBeGreaterThan(scene.now());
  });

  it('waits for whoever has a lock, and says so', async () => {
    await scene.use();
    await scene.nextDay();
    const long = new PassThrough();
    long.write(randomBytes(1_000_000));
    const options = { host: 'another', timeoutMs: 60_000 };
    const backing = scene
      .of('main')
      .backup({ file: 'long', stream: long, whole: async () => yes('all'), stop: () => undefined }, options);
    while ((await scene.of('main').locks()).length === 0);
    scene.setNow(scene.now() + dayMs);
    const [id = ''] = await scene.begin();
    // By the true time: of a day later it would be a dead one's.
    scene.setNow(Date.now());
    await expect(runCare(id, scene.deps(), never)).rejects.toThrow(LookAgain);
    expect(await scene.store().care('main', 'check')).toMatchObject({
      run: { state: 'waiting', reason: /has a lock since/ },
    });
    long.end();
    await backing;
    expect(await runCare(id, scene.deps(), never)).toMatchObject({ result: 'done' });
  });

  it('that has to stop waits for the next bell, and whoever was replaced writes nothing', async () => {
    await scene.use();
    await scene.nextDay();
    scene.setNow(scene.now() + dayMs);
    const [id = ''] = await scene.begin();
    await expect(runCare(id, scene.deps(), AbortSignal.abort(new Error('stopping')))).rejects.toThrow('stopping');
    expect((await scene.store().care('main', 'check'))?.run).toMatchObject({ id, state: 'waiting' });

    const both = await Promise.allSettled([runCare(id, scene.deps(), never), runCare(id, scene.deps(), never)]);
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { message: `another run looks after ${id} now` },
    });
    expect(await runCare(id, scene.deps(), never)).toBeUndefined();
  });

  it('never goes on beside a backup', async () => {
    await scene.use();
    await scene.nextDay();
    await scene.store().takeLane('main', 'shared', 'a backup', 600_000);
    scene.setNow(scene.now() + dayMs);
    const [id = ''] = await scene.begin();
    const running = runCare(id, scene.deps(), never);
    // Who waits for it keeps further ones out.
    while (!('heldBy' in (await scene.store().takeLane('main', 'shared', 'another', 1))))
      await scene.store().leaveLane('main', 'shared', 'another');
    expect(await scene.of('main').locks()).toEqual([]);
    await scene.store().leaveLane('main', 'shared', 'a backup');
    expect(await running).toMatchObject({ result: 'done' });
  });
});

describe('begun once', () => {
  beforeEach(() => scene.care({ check: { schedule: daily, parts: 1 } }));

  it('is a check that many look for at the same moment, and one that nobody answers is rung for again', async () => {
    await scene.use();
    await scene.nextDay();
    scene.setNow(scene.now() + dayMs);
    await Promise.all(Array.from({ length: 8 }, scene.begin));
    const [id, ...more] = new Set(await scene.begin());
    expect(more).toEqual([]);
    scene.loseBells();
    expect(await scene.begin()).toEqual([id]);
  });
});

describe('a prune', () => {
  it('forgets first what is not kept: backups that end beside others never come to it', async () => {
    await scene.store().takeLane('main', 'shared', 'a longer backup', 600_000);
    for (let n = 0; n < 3; n += 1)
      expect((await scene.backUp())?.reason).toMatch(/nothing is forgotten now: main is in use by a longer backup$/);
    await scene.store().leaveLane('main', 'shared', 'a longer backup');
    scene.care({ prune: { schedule: daily } });
    await scene.nextDay();
    expect(await scene.nextDay()).toMatchObject({
      result: 'done',
      reason: 'what no snapshot needs is removed; orders: 2 of 3 snapshots are kept',
    });
    expect(await scene.of('main').snapshots({ tag: 'paramedic-data' })).toHaveLength(2);
  });

  it('removes what no snapshot needs, and nothing from what is damaged', async () => {
    await scene.backUp();
    const [first] = await scene.of('main').snapshots({ tag: 'paramedic-data' });
    await scene.backUp();
    await scene.of('main').forget([first?.id ?? '']);
    const bytes = (): number => scene.packs('main').reduce((sum, file) => sum + statSync(file).size, 0);
    const before = bytes();
    scene.care({ prune: { schedule: daily } });
    await scene.nextDay();
    expect(await scene.nextDay()).toMatchObject({
      result: 'done',
      reason: 'what no snapshot needs is removed; orders: 1 of 1 snapshots are kept',
    });
    expect(before - bytes()).toBeGreaterThan(250_000);

    scene.care({ prune: { schedule: daily } });
    const damage = { at: scene.now(), reason: 'a pack is broken' };
    expect(
      await scene.store().writeCare({ repository: 'main', work: 'check', version: 1, since: scene.now(), damage }),
    ).toBe(true);
    expect(await scene.nextDay()).toMatchObject({
      result: 'failed',
      reason: 'nothing is removed from what is damaged: a pack is broken',
    });
  });
});
