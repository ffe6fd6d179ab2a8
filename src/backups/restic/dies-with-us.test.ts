import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { password, resticsAt, resticScene, type ResticScene } from '../../../test/harness/restic-scene.ts';
import { diesWithUs } from './dies-with-us.ts';
import { defaultPath } from './restic-environment.ts';

const long = { timeout: 30_000 };
let scene: ResticScene;
beforeAll(async () => {
  scene = await resticScene();
});
afterAll(() => scene.remove());

/** A process of its own that writes half of a dump into restic, and then waits for the rest for ever. */
const halfWay = (command: readonly string[], location: string): ChildProcess => {
  const script = `
    const [program, ...args] = ${JSON.stringify([...command, 'restic', 'backup', '--stdin'])};
    const restic = require('child_process').spawn(program, args, { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    restic.stdin.write('half of a dump');
    setInterval(() => undefined, 1000);`;
  const env = {
    PATH: defaultPath,
    RESTIC_PASSWORD: password,
    RESTIC_REPOSITORY: location,
    RESTIC_CACHE_DIR: join(scene.dir, 'cache'),
  };
  return spawn(process.execPath, ['-e', script], { env, stdio: 'ignore' });
};

/** What is in the repository after whoever wrote half of a dump was killed. */
async function keptAfterDeath(name: string, command: readonly string[]): Promise<number> {
  const place = await scene.made(name);
  const parent = halfWay(command, place.location);
  await vi.waitFor(async () => expect(await readdir(join(place.location, 'locks'))).toHaveLength(1), long);
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  await vi.waitFor(async () => expect(await resticsAt(place)).toEqual([]), long);
  return (await scene.open(place).snapshots()).length;
}

test('half of a dump is kept when we are killed, unless the kernel ends restic with us', async () => {
  expect(await keptAfterDeath('outlives', [])).toBe(1);
  const command = await diesWithUs('KILL', defaultPath);
  expect(command).toEqual(['setpriv', '--pdeathsig', 'KILL']);
  expect(await keptAfterDeath('dies', command)).toBe(0);
});

test('a system without it starts restic all the same', async () => {
  await mkdir(join(scene.dir, 'empty'));
  expect(await diesWithUs('KILL', join(scene.dir, 'empty'))).toEqual([]);
});
