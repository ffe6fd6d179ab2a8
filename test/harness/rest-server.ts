import { join } from 'node:path';
import { type RunningProcess, startProcess } from './process.ts';

/** Who may ask it. */
export const restLogin = { user: 'shop', password: 'open sesame' } as const;

/** A real server of restic's REST protocol, with a login, whose repositories are in that folder. */
export async function startRestServer(folder: string, port: number): Promise<RunningProcess> {
  const login = ['--user', restLogin.user, '--pass', restLogin.password];
  const started = await startProcess('rclone', ['serve', 'restic', '--addr', `127.0.0.1:${port}`, ...login, folder], {
    env: { RCLONE_CONFIG: join(folder, 'none.conf') },
  });
  await started.until('an answer', async () =>
    (await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined))?.status === 401 ? true : undefined,
  );
  return started;
}
