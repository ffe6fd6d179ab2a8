import type { Probe } from './probe.ts';
import type { Schedule } from './schedule.ts';

/** How many recovery points of which age are kept, as restic's `forget --keep-…` counts them. */
export interface Keep {
  readonly last?: number;
  readonly hourly?: number;
  readonly daily?: number;
  readonly weekly?: number;
  readonly monthly?: number;
  readonly yearly?: number;
}

/** One thing that is backed up, as the configuration has it. */
export interface BackupSource {
  readonly name: string;
  /** `postgres`, `docker-volume` … */
  readonly kind: string;
  /** Of its kind, as they are in the configuration. They hold no secret. */
  readonly params: unknown;
  /** The name of the repository it goes to. */
  readonly repository: string;
  readonly keep: Keep;
  /** How much newer than the newest recovery point the data may be, ms. */
  readonly rpoMs: number;
  /** How long it may take to bring it back, ms. */
  readonly rtoMs: number;
  /** How long one backup may take, with reading it back, ms. */
  readonly timeoutMs: number;
  /** When it is backed up; absent: when somebody says so. */
  readonly schedule?: Schedule;
  readonly drill: {
    /** When a recovery point is brought back to see that it can be; absent: when somebody says so. */
    readonly schedule?: Schedule;
    readonly probes: readonly Probe[];
    /** How long one drill may take, ms. */
    readonly timeoutMs: number;
  };
}
