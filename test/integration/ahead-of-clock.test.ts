import { describe, expect, it } from 'vitest';
import { createBackupsClient } from '../../src/backups/for-actions.ts';
import { dataTag } from '../../src/backups/manifest.ts';
import { machinePoints } from '../../src/backups/machine/machine-points.ts';
import { standingOfSource } from '../../src/backups/source-standing.ts';
import { heldSource } from '../fakes/held-source.ts';
import { heldScene } from '../harness/held-scene.ts';
import { pointOf } from '../harness/rotten-point.ts';

const scene = heldScene();
const never = new AbortController().signal;
const day = 86_400_000;
const short = (snapshot: string): string => snapshot.slice(0, 8);

/** A backup by a clock that is ten days ahead. */
async function early(): Promise<string> {
  const { clock } = scene.deps;
  const at = Date.now() + 10 * day;
  const snapshot = await pointOf(scene.repository, 'from a wrong clock', at);
  scene.deps = { ...scene.deps, clock: { ...clock, now: () => at } };
  const { id } = await scene.run('backup', { openedAt: at });
  scene.deps = { ...scene.deps, clock };
  expect((await scene.deps.store.run(id))?.point?.at).toBe(at);
  return snapshot;
}

describe('a recovery point that is ahead of the clock', () => {
  it('is not what a drill or a restore takes by itself, which say so; by its id it can be had', async () => {
    const ahead = await pointOf(scene.repository, 'from a wrong clock', Date.now() + 10 * day);
    const { snapshot } = await scene.run('backup');
    const why = new RegExp(`; recovery point ${short(ahead)} of orders is of a time to come .*, and not taken`);
    const [drill, restore] = [await scene.run('drill'), await scene.run('restore')];
    for (const run of [drill, restore])
      expect(run).toMatchObject({ result: 'verified', snapshot, reason: expect.stringMatching(why) });
    expect(await scene.run('restore', { wish: { snapshot: ahead } })).toMatchObject({ result: 'verified' });
    expect(scene.at.held).toBe('from a wrong clock');
  });

  it('is not brought back by itself where it is the only one', async () => {
    const ahead = await pointOf(scene.repository, 'from a wrong clock', Date.now() + 10 * day);
    expect(await scene.run('restore')).toMatchObject({
      result: 'failed',
      reason: expect.stringMatching(
        `is of a time to come .*, and there is no other one of it: set the clock right, or take it with --point ${short(ahead)}`,
      ),
    });
    expect(scene.at.held).not.toBe('from a wrong clock');
  });

  it('is not what a machine is planned of, unless a time is said', async () => {
    const now = Date.now();
    const ahead = await pointOf(scene.repository, 'from a wrong clock', now + 10 * day);
    await pointOf(scene.repository, 'of the shop', now + 10 * day, { source: 'shop' });
    const well = await pointOf(scene.repository, 'well', now);
    const planned = await machinePoints(scene.repository, { now }, never);
    expect(planned.held.map(({ snapshot: { id } }) => id)).toEqual([well]);
    expect(planned.ahead).toEqual([expect.stringMatching(`point ${short(ahead)} of orders is of a time to come`)]);
    expect(planned.without).toEqual([expect.stringMatching(/ of shop is of a time to come .* set the clock right/)]);
    const asked = await machinePoints(scene.repository, { now, at: now + 11 * day }, never);
    expect(asked.held.map(({ snapshot: { id } }) => id)).toContain(ahead);
    expect(asked.ahead).toEqual([]);
  });

  it('is not the last one to a step, nor what its freshness is told by', async () => {
    const { deps, source, at } = scene;
    await early();
    const bell = { ring: async () => undefined, isLive: async () => true };
    const client = createBackupsClient({ ...deps, sources: () => [source], bell }, deps);
    const newest = async () => (await standingOfSource(source, heldSource(at), deps.store, Date.now())).newest;
    expect(await client.lastVerified('orders')).toBeUndefined();
    expect(await newest()).toBeUndefined();
    const { snapshot = '', id } = await scene.run('backup');
    expect(await client.lastVerified('orders')).toMatchObject({ id });
    expect((await client.source('orders', 'backup'))?.points[0]?.snapshot).toBe(snapshot);
    expect(await newest()).toMatchObject({ snapshot });
  });

  it('takes no true one’s place among those that are kept', async () => {
    scene.source = { ...scene.source, keep: { last: 2 } };
    const now = Date.now();
    const ahead = [
      await pointOf(scene.repository, 'from a wrong clock', now + 10 * day),
      await pointOf(scene.repository, 'from a wrong clock', now + 11 * day),
    ];
    await pointOf(scene.repository, 'old', now - 2 * day);
    const kept = await pointOf(scene.repository, 'newer', now - day);
    const { snapshot = '' } = await scene.run('backup');
    const left = (await scene.repository.snapshots()).filter(({ tags }) => tags.includes(dataTag)).map(({ id }) => id);
    expect(left.toSorted()).toEqual([...ahead, kept, snapshot].toSorted());
  });

  it('does not let the newest true one be forgotten', async () => {
    scene.source = { ...scene.source, keep: { last: 1 } };
    await pointOf(scene.repository, 'from a wrong clock', Date.now() + 10 * day);
    const { snapshot } = await scene.run('backup');
    expect((await scene.repository.snapshots()).map(({ id }) => id)).toContain(snapshot);
  });
});
