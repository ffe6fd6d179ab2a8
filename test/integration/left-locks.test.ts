import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { machinePoints } from '../../src/backups/machine/machine-points.ts';
import { restorableOf } from '../../src/backups/restorable.ts';
import { createRepository } from '../../src/backups/restic/repository.ts';
import { realClock } from '../../src/domain/real-clock.ts';
import { yes } from '../../src/domain/verdict.ts';
import { heldScene } from '../harness/held-scene.ts';
import { leaveLock } from '../harness/left-lock.ts';

const scene = heldScene();
const { signal } = new AbortController();

it('leaves no lock when somebody reads the beginning of a file, and no further', async () => {
  const stream = Readable.from([randomBytes(30_000_000)]);
  const options = { host: 'orders', timeoutMs: 60_000 };
  const produced = { file: 'dump', stream, whole: async () => yes('all of it'), stop: () => undefined };
  const made = await scene.repository.backup(produced, options);
  if (!made.ok) throw new Error(made.reason);
  for (let n = 0; n < 5; n += 1) {
    const content = await scene.repository.read(made.snapshot.id, 'dump');
    await once(content, 'data');
    content.destroy();
    await once(content, 'close');
    expect(await scene.repository.locks()).toEqual([]);
  }
});

describe('the exclusive lock of a restic that was killed', () => {
  const leave = (): Promise<number> => leaveLock(scene.repository.place.location, 'right');
  /** A lock that was not renewed for so long is a dead one's. */
  const later = (minutes: number): void => {
    scene.deps = { ...scene.deps, clock: { ...realClock, now: () => Date.now() + minutes * 60_000 } };
  };

  it.each(['backup', 'drill', 'restore'] as const)('keeps no %s from being made', async (work) => {
    expect(await scene.run('backup')).toMatchObject({ result: 'verified' });
    await leave();
    later(11);
    expect(await scene.run(work)).toMatchObject({ result: 'verified' });
    expect(await scene.repository.locks()).toEqual([]);
  });

  it('keeps no restore of what is no recovery point from being made', async () => {
    const { snapshot = '' } = await scene.run('backup');
    const points = await scene.repository.snapshots({ tag: 'paramedic-point' });
    await scene.repository.forget(points.map(({ id }) => id));
    await leave();
    later(11);
    expect(await scene.run('restore', { wish: { snapshot, unverified: true } })).toMatchObject({ result: 'verified' });
  });

  it('keeps an empty machine from nothing: there nobody asks for locks', async () => {
    await scene.run('backup');
    await leave();
    const repository = createRepository(scene.repository.place, {
      cacheDir: `${scene.folder}/cache`,
      asksForLocks: false,
    });
    const { held } = await machinePoints(repository, { now: Date.now() }, signal);
    expect(held).toHaveLength(1);
    for (const { snapshot, point } of held) {
      const chosen = { snapshot, point, ...(point.file !== undefined && { file: point.file }) };
      const content = restorableOf(chosen, repository, signal, () => undefined);
      expect(await text(await content.read())).toBe(scene.at.held);
      await content.intoFolder(`${scene.folder}/back`);
    }
    expect(await repository.locks()).toHaveLength(1);
  });
});
