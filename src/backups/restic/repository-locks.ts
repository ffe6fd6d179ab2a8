import { z } from 'zod';
import { no, type Verdict, yes } from '../../domain/verdict.ts';
import type { Bounds, Restic } from './restic.ts';
import { failed } from './restic-failure.ts';

/** A lock in a repository. It says who made it, and not whether they live. */
export interface RepositoryLock {
  /** One that lives makes itself anew every five minutes, under another id. */
  readonly id: string;
  readonly hostname: string;
  readonly pid: number;
  /** ms since the epoch */
  readonly at: number;
  readonly exclusive: boolean;
}

const content = z.object({ time: z.string(), hostname: z.string(), pid: z.number(), exclusive: z.boolean() });

/** All locks, the oldest first. */
export async function listLocks(restic: Restic, bounds: Bounds): Promise<RepositoryLock[]> {
  const locks: RepositoryLock[] = [];
  for (const id of await lockIds(restic, bounds)) {
    const lock = await readLock(restic, id, bounds);
    if (lock !== undefined) locks.push(lock);
  }
  return locks.toSorted((a, b) => a.at - b.at);
}

async function lockIds(restic: Restic, bounds: Bounds): Promise<string[]> {
  const lines = await restic.run('list the locks', ['list', 'locks', '--no-lock'], bounds);
  return lines.filter((line) => /^[0-9a-f]{64}$/.test(line));
}

/** Undefined when it went away meanwhile. */
async function readLock(restic: Restic, id: string, bounds: Bounds): Promise<RepositoryLock | undefined> {
  try {
    const lines = await restic.run('read a lock', ['cat', 'lock', id, '--no-lock'], bounds);
    const { time, ...lock } = content.parse(JSON.parse(lines.join('\n')));
    return { id, at: Date.parse(time), ...lock };
  } catch (error) {
    if (!(await lockIds(restic, bounds)).includes(id)) return undefined;
    throw error;
  }
}

/**
 * Takes these locks away, which the caller knows to be of processes that died: restic itself does not know it of another
 * machine or container before half an hour is over. It has no command for one lock, and the last resort is one for all of
 * them: so there may be no other, and while it runs the caller lets nobody begin anything. No: there is another one.
 */
export async function removeLocks(restic: Restic, dead: readonly string[], bounds: Bounds): Promise<Verdict> {
  const others = async (): Promise<{ readonly left: number; readonly other?: string | undefined }> => {
    const there = await lockIds(restic, bounds);
    return { left: there.length, other: there.find((id) => !dead.includes(id)) };
  };
  const refusal = (other: string): Verdict =>
    no(`there is another lock, ${other}, of which nobody knows that its process died`);
  const before = await others();
  if (before.left === 0) return yes('there was no lock');
  if (before.other !== undefined) return refusal(before.other);
  // The careful way first: it leaves alone what was locked just now.
  await restic.run('remove stale locks', ['unlock'], bounds);
  const then = await others();
  if (then.left === 0) return yes(`removed ${before.left} of dead processes`);
  if (then.other !== undefined) return refusal(then.other);
  await restic.run('remove locks', ['unlock', '--remove-all'], bounds);
  const after = await others();
  if (after.left > 0) throw failed('locked', `restic did not remove the locks (${restic.place.name})`);
  return yes(`removed ${before.left} of dead processes`);
}
