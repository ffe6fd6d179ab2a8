import { aheadText, isAhead, newestFirst } from '../../domain/ahead-of-clock.ts';
import type { Snapshot } from '../../domain/backup.ts';
import type { RecoveryPoint } from '../../domain/recovery-point.ts';
import { dataTag, fileOf, pointsOf, readPoint } from '../manifest.ts';
import { manifestDamage } from '../manifest-damage.ts';
import type { Repository } from '../restic/repository.ts';

/** A recovery point, and the snapshot that it is of. */
export interface Held {
  readonly point: RecoveryPoint;
  readonly snapshot: Snapshot;
  /** Why a newer one was not taken: a sentence each. */
  readonly passedOver?: readonly string[];
}

export interface PointsWish {
  readonly at?: number | undefined;
  readonly now: number;
  readonly file?: string;
  readonly opens?: (held: Held) => Promise<void>;
}

export interface MachinePoints {
  /** The newest of each source that can be read. */
  readonly held: readonly Held[];
  /** Sources that have snapshots, and no recovery point; recovery points that can not be read: a sentence each. */
  readonly without: readonly string[];
  /** That what says that it is newer than those was not taken: a sentence each. */
  readonly ahead: readonly string[];
  /** All that is in it, oldest first. */
  readonly all: readonly Snapshot[];
  /** When each snapshot that is there was made, by its id, ms since the epoch. */
  readonly times: ReadonlyMap<string, number>;
}

/**
 * What of each source can be brought back. `at`: nothing that is newer; `now`: what is newer by far is taken for one whose
 * clock was wrong, unless `at` asks for it; both in ms since the epoch. `file`: only of those sources that hold a file of that
 * name. `opens`: reads what else of a point has to be read to plan with it; one that is damaged there is as one that is damaged
 * itself. Throws ResticError.
 */
export async function machinePoints(
  repository: Repository,
  { at, now, file, opens = async () => undefined }: PointsWish,
  signal: AbortSignal,
): Promise<MachinePoints> {
  const all = await repository.snapshots({ signal });
  const points = pointsOf(all);
  const data = all.filter((one) => one.tags.includes(dataTag) && (file === undefined || fileOf(one) === file));
  const held: Held[] = [];
  const without: string[] = [];
  const ahead: string[] = [];
  const until = Math.max(now, at ?? 0);
  for (const source of [...new Set(data.map(({ host }) => host))].toSorted()) {
    const its = data.filter(({ host, at: made }) => host === source && (at === undefined || made <= at));
    const isToCome = aheadText(
      source,
      its.filter(({ id }) => points.has(id)),
      until,
    );
    const found = await newestRead(
      newestFirst(its, until).filter((one) => !isAhead(one.at, until)),
      isToCome,
    );
    without.push(...found.unread);
    if (found.held !== undefined) held.push(found.held);
    if (found.held !== undefined && isToCome !== undefined) ahead.push(`${isToCome}: --at brings it back`);
    if (found.held !== undefined) continue;
    if (isToCome !== undefined)
      without.push(`${isToCome}, and there is no other one of it: set the clock right, or say --at`);
    else if (found.unread.length > 0) without.push(`nothing of ${source} can be brought back`);
    else if (its.length === 0) without.push(`there is no recovery point of ${source} that is so old`);
    else
      without.push(
        `there is no recovery point of ${source}: none of its ${its.length} snapshots was read back and found good`,
      );
  }
  return { held, without, ahead, all, times: new Map(all.map(({ id, at: made }) => [id, made])) };

  /** What is rotten of one source is no reason to bring nothing back of the others, nor what was before it. */
  async function newestRead(
    newest: readonly Snapshot[],
    isToCome: string | undefined,
  ): Promise<{ readonly held?: Held; readonly unread: readonly string[] }> {
    const unread: string[] = [];
    const passedOver = (): readonly string[] => [...(isToCome === undefined ? [] : [isToCome]), ...unread];
    for (const snapshot of newest) {
      const written = points.get(snapshot.id);
      if (written === undefined) continue;
      try {
        const point = await readPoint(repository, written, signal);
        const found = { snapshot, point, ...(passedOver().length > 0 && { passedOver: passedOver() }) };
        await opens(found);
        return { held: found, unread };
      } catch (error) {
        unread.push(manifestDamage(error, snapshot.host, snapshot, signal));
      }
    }
    return { unread };
  }
}
