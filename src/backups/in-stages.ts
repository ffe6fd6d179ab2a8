import type { BackupRun } from '../domain/backup-run.ts';
import type { Clock } from '../domain/clock.ts';
import type { Begun } from './begun.ts';

export interface Stages {
  /** How long each took until now, ms. */
  readonly took: Readonly<Record<string, number>>;
  /** Notes in the record that this is what goes on now, and how long it took. Rejects as `work` does. */
  in<Result>(state: BackupRun['state'], work: () => Promise<Result>): Promise<Result>;
  /** Counts one that is not done here, by what it has taken elsewhere, ms. */
  add(state: BackupRun['state'], ms: number): void;
  /** All of them, ms. */
  total(): number;
}

/** One after the other, each with its time. */
export function inStages({ write }: Pick<Begun, 'write'>, clock: Clock): Stages {
  const took: Record<string, number> = {};
  return {
    took,
    async in(state, work) {
      await write({ state });
      const begunAt = clock.now();
      try {
        return await work();
      } finally {
        took[state] = (took[state] ?? 0) + clock.now() - begunAt;
      }
    },
    add: (state, ms) => void (took[state] = ms),
    total: () => Object.values(took).reduce((sum, ms) => sum + ms, 0),
  };
}

/** Stages that begin where the one before ends, for work that only tells where it is. */
export interface Laps {
  next(state: BackupRun['state']): void;
  /** Ends the last one: how long each took, ms. */
  end(): Readonly<Record<string, number>>;
}

export function inLaps(first: BackupRun['state'], clock: Clock): Laps {
  const took: Record<string, number> = {};
  let [state, begunAt] = [first, clock.now()];
  const close = (): void => void (took[state] = clock.now() - begunAt);
  return {
    next(to) {
      close();
      [state, begunAt] = [to, clock.now()];
    },
    end() {
      close();
      return took;
    },
  };
}
