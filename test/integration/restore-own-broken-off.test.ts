import { existsSync, mkdirSync, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { RestoreOwnArgs } from '../../src/cli/restore-own.ts';
import { type OwnScene, ownScene } from '../harness/own-scene.ts';

let scene: OwnScene;
let temporary: string;
let config: string;
beforeAll(async () => {
  scene = await ownScene();
  await scene.from.set('paramedic:brakes', 'x');
  await scene.backedUp('paramedic');
  temporary = join(scene.dir, 'tmp');
  config = join(scene.dir, 'config');
  mkdirSync(temporary);
  // Others have folders of the same name in the usual one.
  vi.stubEnv('TMPDIR', temporary);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await scene.remove();
});

async function brokenOff(more: Partial<RestoreOwnArgs>) {
  const notes: string[] = [];
  const { code, lines } = await scene.run({ redis: scene.url, note: (line) => notes.push(line), ...more });
  return { code, lines, notes, left: readdirSync(temporary) };
}

it('before it has begun does nothing, says so, and leaves nothing', async () => {
  const interrupted = new AbortController();
  const told: string[][] = [];
  const end = await brokenOff({
    interrupted: () => interrupted.signal,
    out() {
      told.push(readdirSync(temporary));
      interrupted.abort();
    },
  });
  expect(end).toMatchObject({
    code: 130,
    notes: ['broken off: nothing was done; run it again when it is meant'],
    left: [],
  });
  expect(told[0]).toHaveLength(1);
  expect(await scene.to.dbsize()).toBe(0);
});

it('in the middle says how far it came, and leaves nothing beside that', async () => {
  const interrupted = new AbortController();
  // The files are there, and the keys are not yet.
  const watched = watch(scene.dir, () => existsSync(config) && interrupted.abort());
  const { code, lines, left } = await brokenOff({ 'config-to': config, interrupted: () => interrupted.signal });
  watched.close();
  expect({ code, left }).toEqual({ code: 130, left: [] });
  expect(lines.at(-1)).toMatch(/^NOT DONE: .*files may be in .*; no Paramedic begins on what may be there of the keys/);
});
