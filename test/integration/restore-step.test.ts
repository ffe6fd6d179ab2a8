import { rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { backupContainer } from '../../src/actions/backup/container.ts';
import { restoreDataContainer } from '../../src/actions/restore-data/container.ts';
import { ActionError } from '../../src/domain/errors.ts';
import { no } from '../../src/domain/verdict.ts';
import { bare, heldBack, never, stepScene, target } from '../fakes/step-scene.ts';

const scene = stepScene(restoreDataContainer);
const { apply, byHand, change, plan, runs, settled, verdict } = scene;

async function backedUp(): Promise<string> {
  const id = await byHand();
  await expect.poll(async () => (await scene.clients().backups?.run(id))?.state, { timeout: 60_000 }).toBe('ended');
  return id;
}
const holds = (content: string): void => {
  scene.content = () => Readable.from([Buffer.from(content)]);
};

describe('data that is brought back as a step', () => {
  it('is that of the newest recovery point, once, after what is there was saved', async () => {
    await backedUp();
    holds('nothing of it');
    const pinned = await change();
    expect(await settled(pinned)).toBe('not-done');
    expect((await verdict(pinned)).ok).toBe(false);
    await apply(pinned);
    await apply(pinned);
    expect(scene.broughtBack).toEqual(['all the orders']);
    expect(await settled(pinned)).toBe('done');
    const [made] = await runs();
    expect(made).toMatchObject({ id: pinned['run'], work: 'restore', snapshot: pinned['snapshot'] });
    expect(made).toMatchObject({ trigger: { by: 'recovery', recovery: 'r_1' }, result: 'verified' });
    const saved = made?.saved ?? '';
    expect(await verdict(pinned)).toMatchObject({
      ok: true,
      reason: expect.stringContaining(
        `what was there before is snapshot ${saved.slice(0, 8)}: paramedic restore orders`,
      ),
    });
    expect(await text(await scene.repository().read(saved, 'orders.txt'))).toBe('nothing of it');
  });

  it('is never what the backup step before it has just made of what is wrong', async () => {
    await backedUp();
    const began = { at: Date.now(), by: 'alert' } as const;
    expect(await plan({}, { ...began, at: 1 })).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/no recovery point of it.* is from before .*: paramedic backups snapshots orders/),
    });
    holds('nothing of it');
    const params = { source: 'orders', max_age: '1ms' };
    const extra = await backupContainer.observe(target, scene.clients(), params);
    const backup = backupContainer.plan({
      target,
      state: {},
      extra,
      params,
      labels: {},
      recovery: 'r_1',
      now: began.at,
    });
    if ('ok' in backup) throw new Error(backup.reason);
    await backupContainer.apply(backup[0]?.change, scene.clients(), never);
    expect(await runs()).toMatchObject([{ id: expect.stringMatching(/^b_/), result: 'verified' }, { work: 'backup' }]);
    const plans = await plan({}, began);
    if ('ok' in plans) throw new Error(plans.reason);
    expect(plans[0]?.summary).toContain('; 1 newer one is passed over: it was made since the alert began at ');
    await apply(plans[0]?.change);
    expect(scene.broughtBack).toEqual(['all the orders']);
  });

  it('is asked of nobody where it would be refused', async () => {
    await backedUp();
    scene.fits = async () => no('somebody uses it; nothing was touched');
    expect(await plan()).toEqual(no('orders is not brought back: somebody uses it; nothing was touched'));
    scene.fits = async () => {
      throw new ActionError('container db does not run', 'conflict', true);
    };
    expect(await plan()).toEqual(no('orders is not brought back: container db does not run'));
  });

  it('waits for the backup that goes on, and is in its place after that', async () => {
    await backedUp();
    const pinned = await change();
    const { stream, begun } = heldBack(scene);
    await byHand();
    await begun;
    const applied = apply(pinned);
    holds('something newer');
    stream.end('something newer');
    await applied;
    expect(scene.broughtBack).toEqual(['all the orders']);
    expect((await verdict(pinned)).ok).toBe(true);
  });

  it('is not touched when what is there can not be saved before, which is told', async () => {
    await backedUp();
    const pinned = await change();
    scene.isWhole = { ok: false, reason: 'it ended with exit code 1' };
    await apply(pinned);
    expect(scene.broughtBack).toEqual([]);
    expect(await verdict(pinned)).toMatchObject({
      ok: false,
      certain: true,
      reason: expect.stringContaining('nothing was touched: what is there now could not be saved before'),
    });
  });

  it('is finished by the next process: what goes on is never left in between', async () => {
    await backedUp();
    const pinned = await change();
    const { stream, begun } = heldBack(scene);
    const stopping = new AbortController();
    const applied = apply(pinned, stopping.signal);
    await begun;
    stopping.abort();
    await expect(applied).rejects.toMatchObject({ name: 'ActionError', reason: 'aborted' });
    expect(await settled(pinned)).toBe('half-done');
    const again = apply(pinned);
    stream.end('what is there');
    await again;
    expect(scene.broughtBack).toEqual(['all the orders']);
  });
});

it('there is nothing to do without a recovery point, or without its repository', async () => {
  expect(await plan()).toMatchObject({ ok: false });
  rmSync(scene.location(), { recursive: true });
  expect(await plan()).toMatchObject({ ok: false });
  await backedUp();
  rmSync(scene.location(), { recursive: true });
  expect(await plan()).toMatchObject({ ok: false, reason: expect.stringContaining('can not be read') });
  expect(await plan({ source: 'gone' })).toMatchObject({ reason: expect.stringContaining('no such source') });
});

it('it is asked again when somebody has its repository to himself', async () => {
  await backedUp();
  await scene.store().takeLane('main', 'exclusive', 'a check', 600_000);
  expect(await plan()).toEqual({
    ok: false,
    reason: 'orders is not brought back: its recovery points can not be read now: main is in use by a check',
    retryAfterMs: 30_000,
  });
});

it('nothing is brought back by a configuration that backs nothing up', async () => {
  await backedUp();
  const pinned = await change();
  await expect(restoreDataContainer.apply(pinned, bare, never)).rejects.toMatchObject({ reason: 'not-found' });
  expect(await restoreDataContainer.settled(pinned, bare)).toBe('not-done');
});
