import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { askBackup } from '../../src/backups/ask-backup.ts';
import { planRestore } from '../../src/backups/plan-restore.ts';
import { runBackup } from '../../src/backups/run-backup.ts';
import { LookAgain } from '../../src/domain/errors.ts';
import { realClock } from '../../src/domain/real-clock.ts';
import { no, yes } from '../../src/domain/verdict.ts';
import { heldSource } from '../fakes/held-source.ts';
import { heldScene, large, orders } from '../harness/held-scene.ts';

const scene = heldScene();
const never = new AbortController().signal;

describe('a restore', () => {
  it('puts the newest recovery point in the place of what is there, which is saved', async () => {
    const { snapshot } = await scene.run('backup');
    scene.at.held = 'somebody was here';
    const ended = await scene.run('restore');
    expect(ended).toMatchObject({ result: 'verified', snapshot });
    expect(scene.at.held).toBe(orders);
    const { saved = '' } = ended;
    expect(await text(await scene.repository.read(saved, 'orders.txt'))).toBe('somebody was here');
    // It is no recovery point, and nothing that a backup is compared with.
    expect((await scene.run('drill')).snapshot).toBe(snapshot);

    await scene.run('restore', { wish: { snapshot: saved.slice(0, 8), unverified: true } });
    expect(scene.at.held).toBe('somebody was here');
  });

  it('leaves what was there before for 30 days, whatever is backed up meanwhile', async () => {
    await scene.run('backup');
    scene.at.held = 'somebody was here';
    const { saved } = await scene.run('restore');
    const isThereAfter = async (days: number): Promise<boolean> => {
      const clock = { ...realClock, now: () => Date.now() + days * 86_400_000 };
      const id = await scene.open('backup');
      expect(await runBackup(id, { ...scene.deps, clock }, never)).toMatchObject({ result: 'verified' });
      return (await scene.repository.snapshots()).some((one) => one.id === saved);
    };
    expect(await isThereAfter(0)).toBe(true);
    expect(await isThereAfter(29.9)).toBe(true);
    expect(await isThereAfter(30.1)).toBe(false);
  });

  it('does not take a snapshot that is no recovery point, unless that is wished for', async () => {
    await scene.run('backup');
    scene.at.held = 'few';
    const { result, snapshot = '' } = await scene.run('backup');
    expect(result).toBe('quarantined');
    scene.at.held = 'present';
    expect(await scene.run('restore', { wish: { snapshot } })).toMatchObject({
      result: 'failed',
      reason: expect.stringContaining('is no recovery point'),
    });
    expect(scene.at.held).toBe('present');
    expect((await scene.run('restore', { wish: { snapshot, unverified: true } })).result).toBe('verified');
    expect(scene.at.held).toBe('few');
  });

  it('touches nothing when it can not be read whole', async () => {
    scene.at.held = large();
    await scene.run('backup');
    scene.at.held = 'present';
    scene.corrupt();
    const ended = await scene.run('restore');
    expect(ended).toMatchObject({ result: 'failed', reason: expect.stringContaining('is not brought back: ') });
    expect(scene.at.held).toBe('present');
  });

  it('touches nothing when what is there can not be saved, unless that is wished for', async () => {
    await scene.run('backup');
    scene.at.held = 'unreadable';
    expect((await scene.run('restore')).reason).toMatch(/^nothing was touched: .*it can not be read.*--lose-present/);
    expect(scene.at.held).toBe('unreadable');
    expect(await scene.run('restore', { wish: { losePresent: true } })).toMatchObject({
      result: 'verified',
      reason: expect.stringMatching(/what was there before was not saved: that was wished for$/),
    });
    expect(scene.at.held).toBe(orders);
  });

  it('reads and saves nothing where it can not be brought back', async () => {
    scene.at.held = large();
    await scene.run('backup');
    scene.at.held = 'present';
    scene.at.fits = () => no('somebody uses it; nothing was touched');
    scene.corrupt();
    expect(await scene.run('restore')).toMatchObject({
      result: 'failed',
      reason: 'somebody uses it; nothing was touched',
    });
  });

  it('that somebody has asked for is never done when it could not begin in a minute, and that of a recovery is', async () => {
    await scene.run('backup');
    scene.at.held = 'present';
    const asking = {
      ...scene.deps,
      bell: { ring: async () => undefined, isLive: async () => false },
      sources: () => [scene.source],
    };
    const late = { ...scene.deps, clock: { ...scene.deps.clock, now: () => Date.now() + 61_000 } };
    const hand = { by: 'hand', who: 'ana' } as const;
    const { run = '' } = await askBackup('orders', { work: 'restore', trigger: hand }, asking);
    expect(await runBackup(run, late, never)).toMatchObject({
      state: 'ended',
      result: 'failed',
      reason: expect.stringMatching(/^nothing was touched: it was asked for at .* and could not begin until /),
    });
    expect(scene.at.held).toBe('present');

    const recovery = { by: 'recovery', recovery: 'r_1' } as const;
    const other = await askBackup('orders', { work: 'restore', trigger: recovery }, asking);
    expect(await runBackup(other.run ?? '', late, never)).toMatchObject({ result: 'verified' });
    expect(scene.at.held).toBe(orders);
  });

  it('is not even planned where it can not be brought back', async () => {
    const planned = () => {
      const { source, at, repository, deps } = scene;
      return planRestore(source, heldSource(at), {}, repository, deps.clients(), Date.now(), never);
    };
    const { snapshot } = await scene.run('backup');
    expect(await planned()).toMatchObject({ source: 'orders', snapshot });
    scene.at.fits = () => no('somebody uses it; nothing was touched');
    expect(await planned()).toBe('somebody uses it; nothing was touched');
  });

  it('touches nothing where it can not be brought back any more since it was read', async () => {
    await scene.run('backup');
    scene.at.held = 'present';
    const answers = [yes('it has room'), no('somebody uses it; nothing was touched')];
    scene.at.fits = () => answers.shift() ?? yes('it has room again');
    const ended = await scene.run('restore');
    expect(ended).toMatchObject({ result: 'failed', reason: 'somebody uses it; nothing was touched' });
    expect(await text(await scene.repository.read(ended.saved ?? '', 'orders.txt'))).toBe('present');
    expect(scene.at.held).toBe('present');
  });

  it('makes its place where that is not there, right before, and has nothing to save', async () => {
    await scene.run('backup');
    // It can not be read: there is none.
    scene.at.held = 'unreadable';
    const [there, lacking] = [yes('it has room'), { ...yes('there is none: MAKE IT'), isLacking: true }] as const;
    scene.at.fits = () => lacking;
    scene.at.beforeRestore = async () => expect(scene.at.made).toEqual(yes('it is made'));
    expect(await scene.run('restore')).toMatchObject({
      result: 'verified',
      reason: expect.stringMatching(/what was there before was not saved: nothing was there: there is none: MAKE IT$/),
    });
    expect(scene.at.held).toBe(orders);

    scene.at.made = no('it may not be made; nothing was touched');
    expect((await scene.run('restore')).reason).toBe('it may not be made; nothing was touched; there is none: MAKE IT');
    // What somebody else has made meanwhile may hold what is worth to be saved.
    const answers = [lacking, there];
    scene.at.fits = () => answers.shift() ?? there;
    scene.at.held = 'somebody else';
    expect((await scene.run('restore')).reason).toMatch(/^nothing was touched: its place was not there, and is now/);
    expect(scene.at.held).toBe('somebody else');
  });

  it('that a recovery has asked for is asked about right before, and touches nothing when it is not wanted any more', async () => {
    await scene.run('backup');
    scene.at.held = 'present';
    scene.deps = {
      ...scene.deps,
      mayBringBack: async ({ trigger }) =>
        trigger.by === 'recovery' ? no(`ana cancelled ${trigger.recovery}`) : yes(''),
    };
    const trigger = { by: 'recovery', recovery: 'r_1' } as const;
    expect(await scene.run('restore', { trigger })).toMatchObject({
      result: 'failed',
      reason: 'nothing was touched: ana cancelled r_1',
      saved: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(scene.at.held).toBe('present');
    scene.deps = { ...scene.deps, mayBringBack: async () => yes('it goes on') };
    expect((await scene.run('restore', { trigger })).result).toBe('verified');
  });

  it('that somebody has asked for is asked about right before, too: it may be held since', async () => {
    await scene.run('backup');
    scene.at.held = 'present';
    scene.deps = { ...scene.deps, mayBringBack: async () => no('joe paused global') };
    expect(await scene.run('restore')).toMatchObject({
      result: 'failed',
      reason: expect.stringMatching(/^nothing was touched: joe paused global$/),
    });
    expect(scene.at.held).toBe('present');
  });

  it('waits for the next bell while its repository is in use', async () => {
    await scene.run('backup');
    scene.at.held = 'present';
    const id = await scene.open('restore');
    await scene.deps.store.takeLane('main', 'exclusive', 'a check', 600_000);
    let now = Date.now();
    // Each look comes right after the one before it.
    const hurried = { now: () => now, sleep: async (ms: number) => void (now += ms) };
    await expect(runBackup(id, { ...scene.deps, clock: hurried }, never)).rejects.toThrow(LookAgain);
    expect(await scene.deps.store.run(id)).toMatchObject({ state: 'waiting' });
    expect(scene.at.held).toBe('present');
    await scene.deps.store.leaveLane('main', 'exclusive', 'a check');
    expect(await runBackup(id, scene.deps, never)).toMatchObject({ result: 'verified' });
  });

  it('has failed when nothing of it came about, and says how to go back', async () => {
    await scene.run('backup');
    scene.at.held = 'somebody was here';
    scene.at.isSwallowed = true;
    expect(await scene.run('restore')).toMatchObject({
      result: 'failed',
      reason: expect.stringMatching(
        /^it is not all there: 1 lines of 3; what was there before is snapshot (\w{8}): paramedic restore orders --point \1 --unverified$/,
      ),
    });
  });

  it('is done again by the next process with the same snapshot, and has saved what was there first', async () => {
    const { snapshot } = await scene.run('backup');
    scene.at.held = 'present';
    const id = await scene.open('restore');
    const stopping = new AbortController();
    scene.at.beforeRestore = async () => {
      scene.at.held = 'half of it';
      stopping.abort(new Error('Paramedic is stopping'));
      stopping.signal.throwIfAborted();
    };
    await expect(runBackup(id, scene.deps, stopping.signal)).rejects.toThrow('Paramedic is stopping');
    expect(await scene.deps.store.run(id)).toMatchObject({ state: 'waiting', snapshot });
    scene.at.beforeRestore = async () => undefined;
    const ended = await runBackup(id, scene.deps, never);
    expect(ended).toMatchObject({ result: 'verified', snapshot });
    expect(scene.at.held).toBe(orders);
    expect(await text(await scene.repository.read(ended?.saved ?? '', 'orders.txt'))).toBe('present');
  });

  it('puts right what one before has left half-way, also when its repository can not be reached, and says so', async () => {
    await scene.run('backup');
    scene.at.left = 'it was read-only, and is not';
    rmSync(join(scene.folder, 'repository'), { recursive: true });
    const ended = await scene.run('restore');
    expect(ended).toMatchObject({ result: 'failed', reason: expect.stringMatching(/^it was read-only, and is not; /) });
    expect(scene.at.left).toBeUndefined();
  });
});
