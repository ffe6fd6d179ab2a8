import { rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { backupContainer } from '../../src/actions/backup/container.ts';
import { no } from '../../src/domain/verdict.ts';
import { bare, heldBack, never, stepScene } from '../fakes/step-scene.ts';

const scene = stepScene(backupContainer);
const { apply, byHand, change, plan, runs, settled, verdict } = scene;

const hour = { max_age: '1h' };

describe('a backup as a step', () => {
  it('is made, for its recovery, and verified; applied twice it is one, in a repository that is made for it', async () => {
    rmSync(scene.location(), { recursive: true });
    const pinned = await change(hour);
    expect(await settled(pinned)).toBe('not-done');
    await apply(pinned);
    await apply(pinned);
    expect(await settled(pinned)).toBe('done');
    const made = await runs();
    expect(made).toMatchObject([
      { id: pinned['run'], result: 'verified', trigger: { by: 'recovery', recovery: 'r_1' } },
    ]);
    expect(await verdict(pinned)).toMatchObject({
      ok: true,
      reason: expect.stringContaining(
        `${made[0]?.id}: recovery point ${made[0]?.snapshot?.slice(0, 8)} of orders in main, 14 B`,
      ),
    });
    expect(await scene.repository().snapshots({ tag: 'paramedic-data' })).toHaveLength(1);
  });

  it('has nothing to do while there is one that is young enough, also when nothing is remembered of it', async () => {
    await apply(await change(hour));
    const reason = expect.stringMatching(
      /^orders is not backed up: recovery point [0-9a-f]{8} of .* ago \(14 B\) is there/,
    );
    expect(await plan(hour)).toEqual({ ok: false, reason });
    scene.forget();
    expect(await plan(hour)).toEqual({ ok: false, reason });
  });

  it('is made when the one that is remembered is not in the repository any more', async () => {
    await apply(await change(hour));
    const [first] = await runs();
    await scene.repository().forget([first?.snapshot ?? '']);
    const pinned = await change(hour);
    expect((await verdict(pinned)).ok).toBe(false);
    await apply(pinned);
    expect(await verdict(pinned)).toMatchObject({ ok: true, reason: expect.stringContaining(String(pinned['run'])) });
    expect(await runs()).toHaveLength(2);
  });

  it('fails when its repository is gone, whatever is remembered, and is not begun again', async () => {
    await apply(await change(hour));
    rmSync(scene.location(), { recursive: true });
    const pinned = await change(hour);
    await apply(pinned);
    await apply(pinned);
    expect(scene.rung()).toBe(2);
    expect(await settled(pinned)).toBe('done');
    expect(await verdict(pinned)).toMatchObject({
      ok: false,
      certain: true,
      reason: expect.stringContaining('was used before, and is not made again by itself'),
    });
    expect(await runs()).toHaveLength(2);
  });

  it('that is not whole is none', async () => {
    scene.isWhole = no('it ended with exit code 1');
    const pinned = await change(hour);
    await apply(pinned);
    expect(await verdict(pinned)).toMatchObject({ ok: false, reason: expect.stringContaining('exit code 1') });
  });
});

describe('beside another one', () => {
  it('it waits for that, and begins none when that will do', async () => {
    const pinned = await change(hour);
    const { stream } = heldBack(scene);
    const other = await byHand();
    const applied = apply(pinned);
    stream.end('all the orders');
    await applied;
    expect(await runs()).toMatchObject([{ id: other, result: 'verified' }]);
    // It has asked once, and waited.
    expect(scene.asked()).toBe(1);
    expect((await verdict(pinned)).reason).toContain(`${other}, which somebody else had begun`);
  });

  it('it begins its own when that comes to nothing', async () => {
    const pinned = await change(hour);
    const { stream, begun } = heldBack(scene);
    const other = await byHand();
    const applied = apply(pinned);
    await begun;
    scene.content = () => Readable.from([Buffer.from('all the orders')]);
    stream.destroy(new Error('the connection was reset'));
    await applied;
    expect(await runs()).toMatchObject([
      { id: pinned['run'], result: 'verified' },
      { id: other, result: 'failed' },
    ]);
    expect((await verdict(pinned)).ok).toBe(true);
  });
});

describe('a backup that goes on', () => {
  it('is left to itself when the process stops, and taken up by the next', async () => {
    const pinned = await change(hour);
    const { stream } = heldBack(scene);
    const stopping = new AbortController();
    const applied = apply(pinned, stopping.signal);
    await expect.poll(async () => (await runs()).length).toBe(1);
    stopping.abort();
    await expect(applied).rejects.toMatchObject({ name: 'ActionError', reason: 'aborted' });
    expect(await settled(pinned)).toBe('not-done');
    const again = apply(pinned);
    stream.end('all the orders');
    await again;
    expect(await runs()).toMatchObject([{ id: pinned['run'], result: 'verified' }]);
  });

  it('is not waited for longer than it may take', async () => {
    const { stream } = heldBack(scene);
    const pinned = { ...(await change(hour)), waitMs: 300 };
    await expect(apply(pinned)).rejects.toMatchObject({
      reason: 'timeout',
      retryable: false,
      message: expect.stringContaining('has not ended within 300ms'),
    });
    await apply({ ...pinned, required: false });
    stream.end('all the orders');
  });
});

it('of a source that is not in the configuration any more is refused, and holds nothing up that may go on without', async () => {
  const pinned = await change({ source: 'gone' });
  await expect(apply(pinned)).rejects.toMatchObject({ reason: 'not-found', retryable: false });
  await apply({ ...pinned, required: false });
  await expect(backupContainer.apply(pinned, bare, never)).rejects.toMatchObject({ reason: 'not-found' });
  expect(await backupContainer.settled(pinned, bare)).toBe('not-done');
  expect((await verdict({ ...pinned, required: false })).ok).toBe(true);
});

it('what a source names is what a restore changes', async () => {
  rmSync(scene.location(), { recursive: true });
  expect(await scene.clients().backups?.source('orders', 'backup')).toMatchObject({
    objects: ['docker/edge-1/container/db'],
    restorable: true,
    unread: expect.any(String),
  });
});
