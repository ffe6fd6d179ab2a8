import { randomBytes } from 'node:crypto';
import type { BackupRepository } from '../domain/backup.ts';
import type { BackupStore } from '../domain/backup-store.ts';
import type { Clock } from '../domain/clock.ts';
import { type Care, type CareWork, careWorks } from '../domain/repository-care.ts';
import type { Schedule } from '../domain/schedule.ts';
import type { BackupBell } from './ask-backup.ts';
import { dueNow } from './due.ts';
import { eachOf } from './each-of.ts';
import { turnOf } from './turn-of.ts';

export interface CareDeps {
  readonly store: Pick<BackupStore, 'turn' | 'takeTurn' | 'care' | 'writeCare' | 'repositoryId'>;
  readonly bell: BackupBell;
  readonly clock: Clock;
  /** As the configuration has them now. */
  readonly repositories: () => readonly BackupRepository[];
}

const idShape = new RegExp(`^(${careWorks.join('|')})_(.+)_[0-9a-f]{16}$`);

/** What a bell of that id is about; undefined: about none of these works. */
export function careOfId(id: string): { readonly repository: string; readonly work: CareWork } | undefined {
  const [, said, repository] = idShape.exec(id) ?? [];
  const work = careWorks.find((one) => one === said);
  return work === undefined || repository === undefined ? undefined : { repository, work };
}

/**
 * Begins what the schedules of the repositories ask for, as `beginDue` does; and rings again for what nobody looks at. A
 * repository that was never used is left alone: there is nothing in it.
 */
export async function beginCare({ store, bell, clock, repositories }: CareDeps): Promise<void> {
  await eachOf(caresOf(repositories()), async ({ name, work, schedule }) => {
    const care = await store.care(name, work);
    if (care?.run !== undefined && care.run.state !== 'ended') {
      if (!(await bell.isLive(care.run.id))) await bell.ring(care.run.id);
      return;
    }
    const now = clock.now();
    if ((await store.repositoryId(name)) === undefined) {
      // One that nobody ever reached has to be heard of as well.
      if (care === undefined) await store.writeCare({ repository: name, work, version: 1, since: now });
      return;
    }
    const { of, was, until: before } = await turnOf(store, work, name, schedule);
    const { due, until } = dueNow(schedule, name, before, now);
    if (until === undefined) return;
    const turn = { of, was, until, timeZone: schedule.timeZone };
    if (!due) {
      await store.takeTurn(turn);
      // By when the first one has to have ended well is counted from when it is used.
      if (was === undefined && care?.goodAt === undefined)
        await store.writeCare({ ...care, repository: name, work, version: (care?.version ?? 0) + 1, since: now });
      return;
    }
    const id = `${work}_${name}_${randomBytes(8).toString('hex')}`;
    const opened: Care = {
      repository: name,
      work,
      since: now,
      ...care,
      version: (care?.version ?? 0) + 1,
      run: { id, state: 'waiting', openedAt: now },
    };
    // A bell that is not heard is rung again the next time.
    if (await store.writeCare(opened, turn)) await bell.ring(id).catch(() => undefined);
  });
}

/** What is done by itself to these repositories, and when. */
export const caresOf = (
  repositories: readonly BackupRepository[],
): readonly { readonly name: string; readonly work: CareWork; readonly schedule: Schedule }[] =>
  repositories.flatMap((one) =>
    careWorks.flatMap((work) => {
      const schedule = one[work]?.schedule;
      return schedule === undefined ? [] : [{ name: one.name, work, schedule }];
    }),
  );
