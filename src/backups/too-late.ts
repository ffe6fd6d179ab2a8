import type { BackupRun } from '../domain/backup-run.ts';

/**
 * Why a restore that somebody has asked for is not begun any more, a sentence; undefined: it may be. What is there by then may
 * not be what he saw, or he has helped himself. `because`: what has kept it from that.
 */
export function tooLate(
  { beginBy, openedAt, writingAt }: BackupRun,
  now: number,
  because?: string,
): string | undefined {
  // One that has begun to write is not left half-way for that.
  if (beginBy === undefined || writingAt !== undefined || now < beginBy) return undefined;
  const why = because === undefined ? '' : ` (${because})`;
  return `nothing was touched: it was asked for at ${at(openedAt)} and could not begin until ${at(beginBy)}${why}; begin it again when it is still wanted`;
}

const at = (ms: number): string => new Date(ms).toISOString();
