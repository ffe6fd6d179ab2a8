import type { BackupRun } from '../domain/backup-run.ts';

/** Where what a restore replaced is, for whoever wants it back. `notSaved`: why the last of it is nowhere. */
export function wayBack(
  { source, saved, savedAgain = [], writingAt }: Pick<BackupRun, 'source' | 'saved' | 'savedAgain' | 'writingAt'>,
  notSaved?: string,
): string {
  const is = (snapshot: string): string =>
    `is snapshot ${snapshot.slice(0, 8)}: paramedic restore ${source} --point ${snapshot.slice(0, 8)} --unverified`;
  const before = 'what was there before';
  const again = 'what was there when it was done again';
  if (saved === undefined && writingAt === undefined) return `${before} was not saved: ${notSaved}`;
  return [
    saved === undefined ? `${before} was not saved` : `${before} ${is(saved)}`,
    ...savedAgain.map((one) => `${again} ${is(one)}`),
    ...(notSaved === undefined || writingAt === undefined ? [] : [`${again} was not saved: ${notSaved}`]),
  ].join('; ');
}
