import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { createBackupsClient } from '../../src/backups/for-actions.ts';
import { machinePoints } from '../../src/backups/machine/machine-points.ts';
import { prepareMachine } from '../../src/backups/machine/prepare-machine.ts';
import type { Bundle } from '../../src/backups/sources/docker-containers/bundle.ts';
import { packBundle } from '../../src/backups/sources/docker-containers/pack-bundle.ts';
import type { DockerClient } from '../../src/domain/clients.ts';
import { heldScene, orders } from '../harness/held-scene.ts';
import { pointOf, rottenPointOf } from '../harness/rotten-point.ts';

const scene = heldScene();
const never = new AbortController().signal;
const hour = 3_600_000;
const short = (snapshot: string): string => snapshot.slice(0, 8);

describe('what is written beside one recovery point is rotten', () => {
  it('and a machine is planned of all that can be read, with the point before it, and says so', async () => {
    const now = Math.floor(Date.now() / 1_000) * 1_000;
    const older = await pointOf(scene.repository, 'one', now - 3 * hour);
    const rotten = await rottenPointOf([scene.repository, 'one\ntwo', now - 2 * hour]);
    const alone = await rottenPointOf([scene.repository, 'of the shop', now - hour, { source: 'shop' }]);
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

  it('or what a machine is planned with, and it is planned with the containers before', async () => {
    const bundled = (name: string): Promise<string> => {
      const networks = [{ name, content: {} }];
      const bundle: Bundle = { containers: [], networks, volumes: [], images: [], files: [] };
      return text(packBundle({ bundle, files: [] }, Readable.from([])));
    };
    const of = { kind: 'docker-containers', source: 'machine', params: { engine: 'docker/edge' } };
    const now = Math.floor(Date.now() / 1_000) * 1_000;
    const older = await pointOf(scene.repository, await bundled('older'), now - 2 * hour, of);
    const place = [scene.repository, await bundled('newer'), now - hour, of] as const;
    const rotten = await rottenPointOf(place, 'its data');
    const docker: Partial<DockerClient> = {
      list: async () => [],
      networks: async () => [],
      volumes: async () => [],
      image: async () => undefined,
    };
    const wish = {
      repository: scene.repository,
      kind: () => undefined,
      connect: async () => docker as DockerClient,
      isHere: false,
      now: Date.now(),
      intoExisting: false,
      byHand: () => '',
    };
    const said = new RegExp(`^recovery point ${short(rotten)} of machine, of .*, can not be read: `);
    for (const engine of [undefined, 'edge']) {
      const { held, steps, lost } = await prepareMachine({ ...wish, ...(engine && { engine }) }, never);
      expect(held).toMatchObject([{ snapshot: { id: older }, passedOver: [expect.stringMatching(said)] }]);
      expect(steps.map(({ id }) => id)).toEqual(['network older']);
      expect(lost).toEqual([expect.stringMatching(said)]);
    }
  });

  it('and a repository that can not be asked is no rotten one', async () => {
    await pointOf(scene.repository, 'one', Date.now());
    const { repository } = scene;
    const gone = { ...repository, read: (id: string, file: string) => repository.read(id, file, { timeoutMs: 1 }) };
    await expect(machinePoints(gone, { now: Date.now() }, never)).rejects.toThrow('it was not done after');
  });

  it('and the next backup is compared with those that can be read, and says so, when nothing is remembered', async () => {
    const lines = 'orders\n'.repeat(100);
    await pointOf(scene.repository, lines, Date.now() - 2 * hour);
    const rotten = await rottenPointOf([scene.repository, `${lines}more`, Date.now() - hour]);
    scene.at.held = `${lines}and more`;
    const run = await scene.run('backup');
    expect(run).toMatchObject({ result: 'verified' });
    expect(run.reason).toMatch(`recovery point ${short(rotten)} of orders`);
    expect(run.reason).toMatch(/can not be read: .*damaged/);
    scene.at.held = 'few';
    expect(await scene.run('backup')).toMatchObject({ result: 'quarantined' });
  });

  it('and a step finds those that can be read, and hears of it', async () => {
    const older = await pointOf(scene.repository, 'one', Date.now() - 2 * hour);
    const rotten = await rottenPointOf([scene.repository, 'one\ntwo', Date.now() - hour]);
    const bell = { ring: async () => undefined, isLive: async () => true };
    const client = createBackupsClient({ ...scene.deps, sources: () => [scene.source], bell }, scene.deps);
    const found = await client.source('orders', 'restore');
    expect(found?.points.map(({ snapshot }) => snapshot)).toEqual([older]);
    expect(found?.damaged).toEqual([expect.stringContaining(short(rotten))]);
  });

  it('and a step finds the newest from before a trouble, though many were made since', async () => {
    const now = Date.now();
    const minute = 60_000;
    const [good] = [
      // It was read back, and found good, only after the trouble had begun.
      await pointOf(scene.repository, 'one', now - 40 * minute, { verifiedAt: now - 20 * minute }),
      await pointOf(scene.repository, 'zero', now - 50 * minute),
    ];
    await rottenPointOf([scene.repository, 'bad', now - 30 * minute]);
    for (let age = 1; age <= 11; age += 1) await pointOf(scene.repository, 'since', now - age * minute);
    const bell = { ring: async () => undefined, isLive: async () => true };
    const client = createBackupsClient({ ...scene.deps, sources: () => [scene.source], bell }, scene.deps);
    const found = async (before?: number) => (await client.source('orders', 'restore', before))?.points ?? [];
    const times = (await found(now - 25 * minute)).map(({ at }) => at);
    expect(times).toHaveLength(11);
    expect(times.at(-1)).toBe((await found(now - 35 * minute)).at(-1)?.at);
    expect((await found(now - 25 * minute)).at(-1)?.snapshot).toBe(good);
    expect(await found(now - 5 * minute)).toHaveLength(10);
    expect(await found(now - 2 * hour)).toHaveLength(10);
    expect(await found()).toHaveLength(10);
  });

  it.each(['restore', 'drill'] as const)('and a %s takes nothing older by itself, but names it', async (work) => {
    const now = Math.floor(Date.now() / 1_000) * 1_000;
    const oldest = await pointOf(scene.repository, orders, now - 4 * hour);
    await rottenPointOf([scene.repository, `${orders}\nfour`, now - 3 * hour]);
    const rotten = await rottenPointOf([scene.repository, `${orders}\nfour\nfive`, now - 2 * hour]);
    scene.at.held = 'present';
    const refused = await scene.run(work);
    expect(refused.result).toBe('failed');
    expect(refused.reason).toMatch(
      new RegExp(`^recovery point ${short(rotten)} of orders, of \\S+, can not be read: .*damaged`),
    );
    const instead = `${short(oldest)} of ${new Date(now - 4 * hour).toISOString()}: --point ${short(oldest)} takes it`;
    expect(refused.reason).toMatch(`; the newest one that can be read is ${instead}`);
    expect(scene.at.held).toBe('present');
    expect(await scene.run(work, { wish: { snapshot: oldest } })).toMatchObject({ result: 'verified' });
    if (work === 'restore') expect(scene.at.held).toBe(orders);
  });

  it('and a restore of the only one says that there is no other, and takes its data when that is wanted', async () => {
    const place = [scene.repository, orders, Date.now() - hour] as const;
    const rotten = await rottenPointOf(place, 'what is written beside it');
    scene.at.held = 'present';
    expect((await scene.run('restore')).reason).toMatch(/can not be read: .*; and there is no other one of it$/s);
    const named = await scene.run('restore', { wish: { snapshot: rotten } });
    expect(named.reason).toMatch('; --unverified brings it back all the same, with nothing to compare it with');
    expect(scene.at.held).toBe('present');
    const wish = { snapshot: rotten, unverified: true } as const;
    expect(await scene.run('restore', { wish })).toMatchObject({ result: 'verified' });
    expect(scene.at.held).toBe(orders);
  });
});
