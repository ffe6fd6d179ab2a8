import { hostname } from 'node:os';
import { no, type Verdict, yes } from '../domain/verdict.ts';
import type { Repository } from './restic/repository.ts';

/** A lock that lives is made anew every five minutes: one that is older is dead, a few missed turns allowed for, ms. */
const deadMs = 30 * 60_000;
const ourDeadMs = 10 * 60_000;

/**
 * Takes away the locks that were left in a repository by who was killed: under such a lock backups go on, and nothing can be
 * forgotten or checked. They are known by their age: by the number of a process alone one that lives would be taken for dead,
 * where two containers have the same name of their machine. Anything younger stays, and is told.
 */
export async function clearLocks(
  repository: Pick<Repository, 'locks' | 'removeLocks'>,
  now: number,
  signal: AbortSignal,
): Promise<Verdict> {
  const locks = await repository.locks({ signal });
  const dead = locks.filter(
    (lock) =>
      now - lock.at > deadMs || (now - lock.at > ourDeadMs && lock.hostname === hostname() && !isAlive(lock.pid)),
  );
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
