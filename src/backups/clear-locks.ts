import { hostname } from 'node:os';
import { no, type Verdict, yes } from '../domain/verdict.ts';
import type { Repository } from './restic/repository.ts';

/**
 * Takes away the locks that processes of this machine have left in a repository when they were killed: under such a lock
 * backups go on, and nothing can be forgotten or checked. The caller has the exclusive lane, so none of ours is at work. What
 * another machine has left is not ours to judge; restic itself takes it for dead after half an hour.
 */
export async function clearLocks(repository: Repository, signal: AbortSignal): Promise<Verdict> {
  const locks = await repository.locks({ signal });
  const dead = locks.filter((lock) => lock.hostname === hostname() && !isAlive(lock.pid));
  if (dead.length === locks.length && dead.length > 0)
    return repository.removeLocks(
      dead.map(({ id }) => id),
      { signal },
    );
  const [other] = locks.filter((lock) => !dead.includes(lock));
  if (other === undefined) return yes('there is no lock');
  return no(`process ${other.pid} on ${other.hostname} has a lock since ${new Date(other.at).toISOString()}`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is one, too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
