import { describe, expect, it } from 'vitest';
import { createBackupsClient } from '../../src/backups/for-actions.ts';
import { machinePoints } from '../../src/backups/machine/machine-points.ts';
import { heldScene } from '../harness/held-scene.ts';
import { pointOf, rottenPointOf } from '../harness/rotten-point.ts';

const scene = heldScene();
const never = new AbortController().signal;
const hour = 3_600_000;
const short = (snapshot: string): string => snapshot.slice(0, 8);

describe('what is written beside one recovery point is rotten', () => {
  it('and a machine is planned of all that can be read, with the point before it, and says so', async () => {
    const now = Math.floor(Date.now() / 1_000) * 1_000;
    const older = await pointOf(scene.repository, 'one', now - 3 * hour);
    const rotten = await rottenPointOf(scene.repository, 'one\ntwo', now - 2 * hour);
    const alone = await rottenPointOf(scene.repository, 'of the shop', now - hour, { source: 'shop' });
    const well = await pointOf(scene.repository, 'of the users', now, { source: 'users' });
    const { held, without } = await machinePoints(scene.repository, { now: Date.now() }, never);
    expect(held.map(({ snapshot: { id }, point: { source } }) => [source, id])).toEqual([
      ['orders', older],
      ['users', well],
    ]);
    const said = (id: string, source: string, at: number) =>
      expect.stringMatching(
        `^recovery point ${short(id)} of ${source}, of ${new Date(at).toISOString()}, can not be read: .*the repository is damaged`,
      );
    expect(held.map(({ passedOver }) => passedOver)).toEqual([[said(rotten, 'orders', now - 2 * hour)], undefined]);
    expect(without).toEqual([
      said(rotten, 'orders', now - 2 * hour),
      said(alone, 'shop', now - hour),
      'nothing of shop can be brought back',
    ]);
  });

  it('and a repository that can not be asked is no rotten one', async () => {
    await pointOf(scene.repository, 'one', Date.now());
    const { repository } = scene;
    const gone = { ...repository, read: (id: string, file: string) => repository.read(id, file, { timeoutMs: 1 }) };
    await expect(machinePoints(gone, { now: Date.now() }, never)).rejects.toThrow('it was not done after');
  });

  it('and the next backup is compared with those that can be read, and says so, when nothing is remembered', async () => {
    const text = 'orders\n'.repeat(100);
    await pointOf(scene.repository, text, Date.now() - 2 * hour);
    const rotten = await rottenPointOf(scene.repository, `${text}more`, Date.now() - hour);
    scene.at.held = `${text}and more`;
    const run = await scene.run('backup');
    expect(run).toMatchObject({ result: 'verified' });
    expect(run.reason).toMatch(`recovery point ${short(rotten)} of orders`);
    expect(run.reason).toMatch(/can not be read: .*damaged/);
    scene.at.held = 'few';
    expect(await scene.run('backup')).toMatchObject({ result: 'quarantined' });
  });

  it('and a step finds those that can be read, and hears of it', async () => {
    const older = await pointOf(scene.repository, 'one', Date.now() - 2 * hour);
    const rotten = await rottenPointOf(scene.repository, 'one\ntwo', Date.now() - hour);
    const bell = { ring: async () => undefined, isLive: async () => true };
    const client = createBackupsClient({ ...scene.deps, sources: () => [scene.source], bell }, scene.deps);
    const found = await client.source('orders', 'restore');
    expect(found?.points.map(({ snapshot }) => snapshot)).toEqual([older]);
    expect(found?.damaged).toEqual([expect.stringContaining(short(rotten))]);
  });
});
