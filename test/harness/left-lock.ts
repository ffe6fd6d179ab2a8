import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, watch } from 'node:fs';
import { join } from 'node:path';

/**
 * Leaves the exclusive lock of a restic that is killed in the middle of a check, as one that runs out of memory is, in a
 * repository in a folder. The pid that it had.
 */
export async function leaveLock(location: string, password: string): Promise<number> {
  const locks = join(location, 'locks');
  for (;;) {
    const watched = watch(locks);
    const child = spawn('restic', ['check', '--no-cache', '--read-data'], {
      env: { PATH: process.env['PATH'], RESTIC_REPOSITORY: location, RESTIC_PASSWORD: password },
      stdio: 'ignore',
    });
    const ended = once(child, 'exit');
    await Promise.race([once(watched, 'change'), ended]);
    // Until it has looked whether there is another one it may be half written, or go again.
    while (child.exitCode === null && !readdirSync(locks).some((name) => /^[0-9a-f]{64}$/.test(name)))
      await new Promise(setImmediate);
    child.kill('SIGKILL');
    await ended;
    watched.close();
    // One that was quicker than we are has taken it away again.
    if (readdirSync(locks).length > 0) return child.pid ?? 0;
  }
}
