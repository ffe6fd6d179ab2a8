import { mkdtemp, readdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { ActionError } from '../../../domain/errors.ts';

/** A restore writes a log of 64 MB whatever is in it; and some room has to be left. */
const besides = 192 * 1024 * 1024;
const name = (pid: number | string): string => `paramedic-etcd-${pid}-`;
const inUse = new Set<string>();

/** A folder of ours alone. `remove` may be called twice. */
export interface PrivateFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/** Removes before what a process that died has left, so that its room is free again. Rejects when it can not be made. */
export async function privateFolder(parent: string): Promise<PrivateFolder> {
  for (const one of await readdir(parent)) {
    const [, pid] = /^paramedic-etcd-(\d+)-/.exec(one) ?? [];
    const path = join(parent, one);
    if (pid !== undefined && !inUse.has(path) && !isAnother(Number(pid)))
      await rm(path, { recursive: true, force: true });
  }
  const path = await mkdtemp(join(parent, name(process.pid)));
  inUse.add(path);
  return {
    path,
    async remove() {
      await rm(path, { recursive: true, force: true });
      inUse.delete(path);
    },
  };
}

/** Whether it is a process that is there, and not us: one that had our number before has ended. */
function isAnother(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Throws ActionError when there is no room for a snapshot of so many bytes, and for what a trial restore makes of it. */
export async function mustHaveRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const [free, needed] = [bavail * bsize, 2 * bytes + besides];
  if (free < needed)
    throw new ActionError(
      `${folder} has ${free} bytes free, and a snapshot of ${bytes} with its trial restore needs ${needed} (folder)`,
      'server-error',
      true,
    );
}
