import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { askBackup } from '../../src/backups/ask-backup.ts';
import { cancelRun } from '../../src/backups/cancel-run.ts';
import { runBackup } from '../../src/backups/run-backup.ts';
import type { BackupTrigger } from '../../src/domain/backup-run.ts';
import { LookAgain } from '../../src/domain/errors.ts';
import { heldSource } from '../fakes/held-source.ts';
import { heldScene, orders } from '../harness/held-scene.ts';

const scene = heldScene();
const never = new AbortController().signal;
const hand = { by: 'hand', who: 'ana' } as const;
const recovery = { by: 'recovery', recovery: 'r_1' } as const;
const minute = 60_000;

/** That much later. */
const later = (ms: number) => ({ ...scene.deps, clock: { ...scene.deps.clock, now: () => Date.now() + ms } });
const content = async (snapshot = '') => text(await scene.repository.read(snapshot, 'orders.txt'));

/** As the API asks for it. */
async function asked(trigger: BackupTrigger = hand): Promise<string> {
  const bell = { ring: async () => undefined, isLive: async () => false };
  const asking = { ...scene.deps, bell, sources: () => [scene.source] };
  return (await askBackup('orders', { work: 'restore', trigger }, asking)).run ?? '';
}

/** It dies while it writes, and what it wrote is undone; what is there then is `left`. */
async function brokenOff(id: string, left: string): Promise<void> {
  const stopping = new AbortController();
  scene.at.beforeRestore = async () => {
    scene.at.held = left;
    stopping.abort(new Error('Paramedic is stopping'));
    stopping.signal.throwIfAborted();
  };
  await expect(runBackup(id, scene.deps, stopping.signal)).rejects.toThrow('Paramedic is stopping');
  scene.at.beforeRestore = async () => undefined;
}

describe('a restore that somebody has asked for', () => {
  it('waits for its repository for no longer than it may take to begin', async () => {
    await scene.run('backup');
    scene.at.held = 'present';
    const id = await asked();
    await scene.deps.store.takeLane('main', 'exclusive', 'a check', 600_000);
    let now = Date.now();
    const hurried = { ...scene.deps, clock: { now: () => now, sleep: async (ms: number) => void (now += ms) } };
    await expect(runBackup(id, hurried, never)).rejects.toThrow(LookAgain);
    now += 10_000;
    const ended = await runBackup(id, hurried, never);
    expect(ended).toMatchObject({
      state: 'ended',
      result: 'failed',
      reason: expect.stringMatching(
        /^nothing was touched: it was asked for at .* and could not begin until \S+ \(main is in use by a check\); begin it again/,
      ),
    });
    expect(now - (ended?.openedAt ?? 0)).toBeLessThan(1.1 * minute);
    await scene.deps.store.leaveLane('main', 'exclusive', 'a check');
    expect(await runBackup(id, scene.deps, never)).toBeUndefined();
    expect(scene.at.held).toBe('present');
  });

  it('is not begun anew an hour after it was broken off before it wrote, and that of a recovery saves what is there then', async () => {
    await scene.run('backup');
    for (const trigger of [hand, recovery]) {
      scene.at.held = 'present';
      const id = await asked(trigger);
      const stopping = new AbortController();
      const mayBringBack = async () => {
        stopping.abort(new Error('Paramedic is stopping'));
        throw stopping.signal.reason;
      };
      await expect(runBackup(id, { ...scene.deps, mayBringBack }, stopping.signal)).rejects.toThrow('is stopping');
      scene.at.held = 'written since';
      const ended = await runBackup(id, later(60 * minute), never);
      if (trigger === hand) {
        expect(ended).toMatchObject({ result: 'failed', reason: expect.stringMatching(/^nothing was touched: /) });
        expect(scene.at.held).toBe('written since');
      } else {
        expect(ended).toMatchObject({ result: 'verified' });
        expect(await content(ended?.saved)).toBe('written since');
      }
    }
  });
});

describe('a restore that was broken off while it wrote', () => {
  it('saves what is there before it writes again, each time, and says which is which', async () => {
    const { snapshot } = await scene.run('backup');
    scene.at.held = 'present';
    const id = await asked();
    await brokenOff(id, 'written since');
    await brokenOff(id, 'and once more');
    const ended = await runBackup(id, later(14 * minute), never);
    expect(ended).toMatchObject({ result: 'verified', snapshot });
    const { saved = '', savedAgain = [], reason } = ended ?? {};
    expect(await content(saved)).toBe('present');
    expect(await Promise.all(savedAgain.map(content))).toEqual(['written since', 'and once more']);
    const way = (one: string) =>
      `is snapshot ${one.slice(0, 8)}: paramedic restore orders --point ${one.slice(0, 8)} --unverified`;
    expect(reason).toContain(
      ['before', 'when it was done again', 'when it was done again']
        .map((when, at) => `what was there ${when} ${way([saved, ...savedAgain][at] ?? '')}`)
        .join('; '),
    );
  });

  it('goes on where what is there is half of it and can not be read, and says so', async () => {
    await scene.run('backup');
    scene.at.held = 'present';
    const id = await asked();
    await brokenOff(id, 'unreadable');
    const ended = await runBackup(id, scene.deps, never);
    expect(ended).toMatchObject({
      result: 'verified',
      reason: expect.stringMatching(
        /what was there before is snapshot .*; what was there when it was done again was not saved: .*it can not be read/,
      ),
    });
    expect(await content(ended?.saved)).toBe('present');
    expect(scene.at.held).toBe(orders);
  });

  it.each([hand, recovery])('is not gone on with a quarter of an hour later, whoever asked: $by', async (trigger) => {
    const { snapshot = '' } = await scene.run('backup');
    scene.at.held = 'present';
    const id = await asked(trigger);
    await brokenOff(id, 'written since');
    const ended = await runBackup(id, later(16 * minute), never);
    expect(ended).toMatchObject({ state: 'ended', result: 'failed' });
    expect(ended?.reason).toMatch(
      /^it was broken off while it wrote, at \S+, and is not done again by itself after more than 15m: what is there may be half done, /,
    );
    expect(ended?.reason).toContain(
      `paramedic restore orders --point ${snapshot.slice(0, 8)}; what was there before is snapshot ${ended?.saved?.slice(0, 8)}`,
    );
    expect(scene.at.held).toBe('written since');
  });

  it('says that it may be half done when it may not be gone on with', async () => {
    await scene.run('backup');
    scene.at.held = 'present';
    const id = await asked();
    await brokenOff(id, 'half of it');
    scene.at.fits = () => ({ ok: false, reason: 'somebody uses it; nothing was touched' });
    expect((await runBackup(id, scene.deps, never))?.reason).toMatch(
      /^it was broken off while it wrote, at \S+: what is there may be half done; begun anew: somebody uses it; nothing was touched; what was there before is snapshot /,
    );
  });

  it('counts from when it wrote last, however long that took', async () => {
    await scene.run('backup');
    scene.at.held = 'present';
    const id = await asked();
    let now = Date.now();
    const stopping = new AbortController();
    const clock = {
      now: () => now,
      sleep: (ms: number, signal?: AbortSignal) => scene.deps.clock.sleep(Math.min(ms, 5), signal),
    };
    scene.at.beforeRestore = async () => {
      now += 60 * minute;
      await expect.poll(async () => (await scene.deps.store.run(id))?.writingAt).toBe(now);
      stopping.abort(new Error('Paramedic is stopping'));
      stopping.signal.throwIfAborted();
    };
    await expect(runBackup(id, { ...scene.deps, clock }, stopping.signal)).rejects.toThrow('is stopping');
    scene.at.beforeRestore = async () => undefined;
    now += minute;
    expect(await runBackup(id, { ...scene.deps, clock }, never)).toMatchObject({ result: 'verified' });
  });
});

it.each(['backup', 'drill'] as const)('a %s that reads stops when somebody cancels it', async (work) => {
  await scene.run('backup');
  const id = await scene.open(work);
  const { store } = scene.deps;
  let began: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => (began = resolve));
  const kind = () => ({
    ...heldSource(scene.at),
    open: hangs,
    scratch: async (_of: unknown, _clients: unknown, _how: unknown, over: AbortSignal) => hang(over),
  });
  const hang = (over: AbortSignal): Promise<never> => {
    began();
    return new Promise((_resolve, reject) => over.addEventListener('abort', () => reject(over.reason as Error)));
  };
  async function hangs(_of: unknown, _clients: unknown, over: AbortSignal): Promise<never> {
    return hang(over);
  }
  const ended = runBackup(id, { ...scene.deps, kind }, never);
  await begun;
  expect(await cancelRun(id, 'ana', scene.deps)).toMatchObject({ ok: true });
  expect(await ended).toMatchObject({ result: 'failed', reason: 'it was cancelled by ana, nothing was touched' });
  expect(await store.openRuns()).toEqual([]);
});
