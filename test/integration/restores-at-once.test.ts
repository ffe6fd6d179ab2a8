import { describe, expect, it } from 'vitest';
import { runBackup } from '../../src/backups/run-backup.ts';
import { heldSource } from '../fakes/held-source.ts';
import { heldScene, orders } from '../harness/held-scene.ts';

const scene = heldScene();
const never = new AbortController().signal;

describe('a restore', () => {
  it.each(['goes on', 'died, and is not begun anew yet'])(
    'touches nothing while another one of the same %s, of whichever source',
    async (how) => {
      const sources = ['orders', 'orders-nightly', 'things'].map((name) => ({ ...scene.source, name }));
      scene.deps = {
        ...scene.deps,
        source: (name) => sources.find((one) => one.name === name),
        kind: () => ({ ...heldSource(scene.at), title: () => 'a text' }),
      };
      await scene.run('backup');
      await scene.run('backup', { source: 'orders-nightly' });
      scene.at.held = 'present';
      const id = await scene.open('restore', { openedAt: 1 });
      const wish = { losePresent: true } as const;
      const second = await scene.open('restore', { openedAt: 2, source: 'orders-nightly', wish });
      const stopping = new AbortController();
      let refused: unknown;
      scene.at.beforeRestore = async () => {
        scene.at.held = 'half of it';
        scene.at.beforeRestore = async () => undefined;
        if (how === 'goes on') refused = await runBackup(second, scene.deps, never);
        else stopping.abort(new Error('Paramedic is stopping'));
        stopping.signal.throwIfAborted();
        expect(scene.at.held).toBe('half of it');
      };
      const first = runBackup(id, scene.deps, stopping.signal);
      if (how === 'goes on') expect(await first).toMatchObject({ result: 'verified' });
      else {
        await expect(first).rejects.toThrow('Paramedic is stopping');
        refused = await runBackup(second, scene.deps, never);
        expect(scene.at.held).toBe('half of it');
        expect(await runBackup(id, scene.deps, never)).toMatchObject({ result: 'verified' });
      }
      expect(refused).toMatchObject({
        result: 'failed',
        reason: `restore ${id} of orders is about the same, and goes on: nothing was touched by this one; begin it again when that has ended`,
      });
      expect(scene.at.held).toBe(orders);
      // What has ended is in nobody's way.
      scene.at.held = 'present';
      expect(await scene.run('restore', { source: 'orders-nightly' })).toMatchObject({ result: 'verified' });
    },
  );

  it('is no matter of what else goes on, nor of a restore of the same that was asked for after', async () => {
    const sources = ['orders', 'orders-nightly', 'things'].map((name) => ({ ...scene.source, name, params: { name } }));
    scene.deps = {
      ...scene.deps,
      source: (name) => sources.find((one) => one.name === name),
      kind: () => ({
        ...heldSource(scene.at),
        title: (of) => (JSON.stringify(of).includes('orders') ? 'a text' : 'another'),
      }),
    };
    await scene.run('backup');
    await scene.open('restore', { source: 'things', openedAt: 1 });
    await scene.open('drill', { source: 'orders-nightly', openedAt: 1 });
    const id = await scene.open('restore', { openedAt: 2 });
    await scene.open('restore', { source: 'orders-nightly', openedAt: 3 });
    expect(await runBackup(id, scene.deps, never)).toMatchObject({ result: 'verified' });
  });
});
