import { describe, expect, it } from 'vitest';
import { copyPoints } from '../../src/backups/copy-points.ts';
import { runCare } from '../../src/backups/run-care.ts';
import type { BackupStore } from '../../src/domain/backup-store.ts';
import { LookAgain } from '../../src/domain/errors.ts';
import { copiedIn, pointsOf, readPoint } from '../../src/backups/manifest.ts';
import { careScene, daily } from '../harness/care-scene.ts';
import { leaveLock } from '../harness/left-lock.ts';
import { password } from '../harness/restic-scene.ts';

const scene = careScene();

describe('a copy', () => {
  const copies = async () => {
    const all = await scene.of('offsite').snapshots();
    return {
      points: pointsOf(all),
      from: copiedIn(all),
      data: all.filter(({ tags }) => tags.includes('paramedic-data')),
    };
  };

  it('brings each recovery point with what says that it is one, and counts what is kept there as well', async () => {
    scene.care({ copy: { schedule: daily, to: 'offsite' } });
    await scene.backUp();
    await scene.backUp();
    await scene.nextDay();
    expect(await scene.nextDay()).toMatchObject({
      result: 'done',
      reason: '2 recovery points were copied to offsite, and 0 were there; orders: 2 of 2 snapshots are kept',
    });
    const { points, from, data } = await copies();
    const here = await scene.of('main').snapshots();
    expect([...points.keys()].toSorted()).toEqual(data.map(({ id }) => id).toSorted());
    expect([...from].toSorted()).toEqual([...pointsOf(here).keys()].toSorted());
    for (const [id, written] of points) {
      const point = await readPoint(scene.of('offsite'), written);
      expect(point).toMatchObject({ snapshot: id, source: 'orders', shape: { bytes: 300_000 } });
      expect(written.host).toBe('orders');
    }
    const seconds = (all: ReadonlyMap<string, { readonly at: number }>) =>
      [...all.values()].map(({ at }) => Math.floor(at / 1_000)).toSorted((a, b) => a - b);
    expect(seconds(points)).toEqual(seconds(pointsOf(here)));
    expect((await scene.of('offsite').check({ readData: { part: 1, of: 1 } })).ok).toBe(true);

    await scene.backUp();
    expect((await scene.nextDay())?.reason).toBe(
      '1 recovery points were copied to offsite, and 1 were there; orders: 2 of 3 snapshots are kept',
    );
    expect((await scene.nextDay())?.reason).toBe(
      '0 recovery points were copied to offsite, and 2 were there; orders: 2 of 2 snapshots are kept',
    );
    expect((await copies()).points.size).toBe(2);
  });

  it.each(['main', 'offsite'] as const)(
    'is made although a restic that was killed has left %s locked',
    async (name) => {
      scene.care({ copy: { schedule: daily, to: 'offsite' } });
      await scene.made('offsite');
      await scene.backUp();
      await scene.nextDay();
      await leaveLock(scene.of(name).place.location, password);
      expect(await scene.nextDay()).toMatchObject({
        result: 'done',
        reason: '1 recovery points were copied to offsite, and 0 were there; orders: 1 of 1 snapshots are kept',
      });
    },
  );

  it('of one that can not be read brings the others, and is seen not to be whole', async () => {
    scene.care({ copy: { schedule: daily, to: 'offsite' } });
    await scene.made('offsite');
    await scene.backUp();
    await scene.flipPacks();
    await scene.backUp();
    await scene.nextDay();
    const said = await scene.nextDay();
    expect(said).toMatchObject({
      result: 'failed',
      reason: expect.stringMatching(/^1 of 2 could not be copied: .*; 1 recovery points were copied/),
    });
    expect((await copies()).points.size).toBe(1);
    expect(await scene.works()).toMatchObject([{ work: 'copy', last: { result: 'failed' } }]);
  });

  it('that was cut off before it was said to be good is gone on with', async () => {
    scene.care({ copy: { schedule: daily, to: 'offsite' } });
    await scene.backUp();
    const [data] = await scene.of('main').snapshots({ tag: 'paramedic-data' });
    await scene.made('offsite');
    await scene.of('main').copyTo(scene.of('offsite').place, [data?.id ?? '']);
    await scene.nextDay();
    expect(await scene.nextDay()).toMatchObject({ result: 'done' });
    const { points, data: all } = await copies();
    expect(all).toHaveLength(1);
    expect([...points.keys()]).toEqual(all.map(({ id }) => id));
  });

  it('that was killed once all was copied is gone on with: what is not kept is forgotten there', async () => {
    scene.care({ copy: { schedule: daily, to: 'offsite' } });
    await scene.backUp();
    await scene.backUp();
    await scene.nextDay();
    await scene.nextDay();
    await scene.backUp();
    const never = new AbortController().signal;
    const { clock, kind } = scene.deps();
    await copyPoints(
      { from: scene.of('main'), to: scene.of('offsite'), clock, kind, inBoth: (work) => work(never) },
      never,
    );
    expect((await copies()).points.size).toBe(3);
    expect((await scene.nextDay())?.reason).toBe(
      '0 recovery points were copied to offsite, and 2 were there; orders: 2 of 3 snapshots are kept',
    );
    expect((await copies()).points.size).toBe(2);
  });

  it('that has to stop before it forgets there is not called done, and is gone on with by the same bell', async () => {
    scene.care({ copy: { schedule: daily, to: 'offsite' } });
    await scene.made('offsite');
    await scene.store().rememberRepository('offsite', await scene.of('offsite').id());
    await scene.backUp();
    await scene.nextDay();
    scene.setNow(scene.now() + 86_400_000);
    const [id = ''] = await scene.begin();
    const stopping = new AbortController();
    const store: BackupStore = {
      ...scene.store(),
      takeLane(repository, lane, holder, forMs) {
        if (repository === 'offsite' && lane === 'exclusive' && holder.startsWith(id))
          stopping.abort(new Error('stopping'));
        return scene.store().takeLane(repository, lane, holder, forMs);
      },
    };
    await expect(runCare(id, { ...scene.deps(), store }, stopping.signal)).rejects.toThrow('stopping');
    expect((await scene.store().care('main', 'copy'))?.run).toMatchObject({ id, state: 'waiting' });
    expect((await copies()).points.size).toBe(1);
    expect(await runCare(id, scene.deps(), new AbortController().signal)).toMatchObject({
      result: 'done',
      reason: '0 recovery points were copied to offsite, and 1 were there; orders: 1 of 1 snapshots are kept',
    });
  });

  it('lets go of both repositories after each point, and goes on later when somebody has one of them then', async () => {
    await scene.backUp();
    await scene.backUp();
    await scene.made('offsite');
    const never = new AbortController().signal;
    const { clock, kind } = scene.deps();
    const uses: string[] = [];
    const copied = (most: number) =>
      copyPoints(
        {
          from: scene.of('main'),
          to: scene.of('offsite'),
          clock,
          kind,
          async inBoth(work) {
            if (uses.length >= 2 * most) throw new LookAgain('main is in use by a check');
            uses.push('taken');
            return work(never).finally(() => uses.push('left'));
          },
        },
        never,
      );
    await expect(copied(2)).rejects.toThrow(LookAgain);
    expect(uses).toEqual(['taken', 'left', 'taken', 'left']);
    expect((await copies()).points.size).toBe(1);
    expect((await copied(9)).reason).toBe('1 recovery points were copied to offsite, and 1 were there');
    expect((await copies()).points.size).toBe(2);
  });

  it('of one that is forgotten meanwhile is no failure', async () => {
    await scene.backUp();
    await scene.made('offsite');
    const never = new AbortController().signal;
    const { clock, kind } = scene.deps();
    const end = await copyPoints(
      {
        from: scene.of('main'),
        to: scene.of('offsite'),
        clock,
        kind,
        async inBoth(work) {
          const done = await work(never);
          // Right after it was listed.
          const all = await scene.of('main').snapshots();
          if (all.length > 0) await scene.of('main').forget(all.map(({ id }) => id));
          return done;
        },
      },
      never,
    );
    expect(end).toEqual({ result: 'done', reason: '0 recovery points were copied to offsite, and 0 were there' });
  });
});
