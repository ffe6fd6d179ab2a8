import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runBackup } from '../../src/backups/run-backup.ts';
import { createRepository } from '../../src/backups/restic/repository.ts';
import { no, yes } from '../../src/domain/verdict.ts';
import { heldScene, large } from '../harness/held-scene.ts';

const scene = heldScene();
const never = new AbortController().signal;

describe('a drill', () => {
  it('brings the newest recovery point back elsewhere, counts, asks, and takes it away', async () => {
    await scene.run('backup');
    scene.at.held = 'another\nfew\nlines';
    const { snapshot } = await scene.run('backup');
    const ended = await scene.run('drill');
    expect(ended).toMatchObject({ result: 'verified', snapshot, state: 'ended' });
    expect(ended.reason).toMatch(
      /^brought back in \S+ of an RTO of 1m: all there: 3 lines; the probe "how long" said "17"$/,
    );
    // A restore reads it whole before, and saves what is there, which takes as long as the backup took to read it.
    expect(Object.keys(ended.stages ?? {})).toEqual(['verifying', 'preparing', 'restoring', 'proving', 'reading']);
    const standing = await scene.deps.store.standing('orders');
    expect(ended.stages?.['reading']).toBe(standing.last.backup?.stages?.['reading']);
    expect(scene.at.scratch).toMatchObject({ held: scene.at.held, removed: 1 });
    expect(existsSync(join(scene.folder, 'drills', ended.id))).toBe(false);
  });

  it.each(['half', 'nothing'] as const)('fails when %s of it came back', async (bring) => {
    await scene.run('backup');
    scene.at.scratch.bring = bring;
    expect(await scene.run('drill')).toMatchObject({ result: 'failed', reason: 'it is not all there: 1 lines of 3' });
    expect(scene.at.scratch.removed).toBe(1);
  });

  it('tells what else was asked about what came back, and fails where that is a no', async () => {
    await scene.run('backup');
    scene.at.scratch.proof = yes('it would be taken');
    expect(await scene.run('drill')).toMatchObject({
      result: 'verified',
      reason: expect.stringMatching(/: all there: 3 lines; it would be taken; the probe /),
    });
    scene.at.scratch.proof = no('it would not be taken');
    expect(await scene.run('drill')).toMatchObject({ result: 'failed', reason: 'it would not be taken' });
    expect(scene.at.scratch.removed).toBe(2);
  });

  it('is told how large it is, and says when its place was lost meanwhile', async () => {
    await scene.run('backup');
    scene.at.scratch.bring = 'nothing';
    scene.at.scratch.lost = 'pod shop/x was evicted (it had more than 2Gi)';
    expect(await scene.run('drill')).toMatchObject({
      result: 'failed',
      reason: 'pod shop/x was evicted (it had more than 2Gi): it is not all there: 1 lines of 3',
    });
    expect(scene.at.scratch.bytes).toBe(13);
  });

  it('fails when a probe does', async () => {
    await scene.run('backup');
    scene.source = {
      ...scene.source,
      drill: { ...scene.source.drill, probes: [{ ask: { command: ['true'] }, matches: '^ok$' }] },
    };
    expect(await scene.run('drill')).toMatchObject({
      result: 'failed',
      reason: 'the probe true said "hm", which does not match ^ok$',
    });
  });

  it('fails when its pack is corrupted, and when the password is another', async () => {
    scene.at.held = large();
    await scene.run('backup');
    const right = scene.repository;
    scene.repository = createRepository(
      { ...right.place, password: { reveal: () => 'wrong' } },
      { cacheDir: join(scene.folder, 'other') },
    );
    expect((await scene.run('drill')).reason).toMatch(/password/);
    scene.repository = right;
    scene.corrupt();
    const ended = await scene.run('drill');
    expect(ended).toMatchObject({
      result: 'failed',
      reason: expect.stringMatching(/^restic did not read \/orders\.txt of the snapshot /),
    });
    // No place was made for it.
    expect(Object.keys(ended.stages ?? {})).toEqual(['verifying']);
    expect(existsSync(join(scene.folder, 'drills', ended.id))).toBe(false);
    expect(scene.at.scratch.held).toBeUndefined();
  });

  it('says that there is nothing to bring back, and that something is left', async () => {
    expect(await scene.run('drill')).toMatchObject({
      result: 'failed',
      reason: 'there is no recovery point of orders in main',
    });
    await scene.run('backup');
    scene.at.scratch.sticks = true;
    expect(await scene.run('drill')).toMatchObject({
      result: 'failed',
      reason: expect.stringMatching(/; and its scratch place could not be taken away: the engine does not answer$/),
    });
  });
});

it('what a restore has left half-way is left to that one while it has not ended', async () => {
  await scene.run('backup');
  const restore = await scene.open('restore');
  scene.at.left = 'it was read-only, and is not';
  expect((await scene.run('drill')).reason).toMatch(/^brought back in /);
  expect(scene.at.left).toBeDefined();
  expect((await runBackup(restore, scene.deps, never))?.reason).toMatch(
    /^it was read-only, and is not; brought back in /,
  );
  scene.at.left = 'it was read-only again';
  expect((await scene.run('drill')).reason).toMatch(/^it was read-only again; brought back in /);
});
