import { spawn } from 'node:child_process';

/**
 * What to put before a command so that the kernel sends it a signal when we are killed: then our end of its stdin is closed,
 * which to restic is the end of a backup, and half of a dump would be kept. Empty where the system has no such thing.
 */
export async function diesWithUs(signal: 'KILL' | 'INT', path: string): Promise<readonly string[]> {
  const child = spawn('setpriv', ['--pdeathsig', signal, 'true'], { stdio: 'ignore', env: { PATH: path } });
  const isThere = await new Promise<boolean>((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
  return isThere ? ['setpriv', '--pdeathsig', signal] : [];
}
