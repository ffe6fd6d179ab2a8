import type { Log, LogError } from './log.ts';

/** As the queue tells of a job. `work`, `of`: what ended badly, and the source or repository that it was of. */
type Failed = Error & { readonly work?: string | undefined; readonly of?: string | undefined };

/** A run that ended badly is one line that names what it was of, itself, and why. Else its end is not known: an error of ours. */
export function tellFailed(
  job: { readonly id?: string | undefined } | undefined,
  error: Failed,
  { log, logError }: { readonly log: Pick<Log, 'error'>; readonly logError: LogError },
): void {
  if (error.name !== 'UnrecoverableError') {
    logError(error, 'a backup, or a work on a repository, has failed');
    return;
  }
  const { work, of } = error;
  const run = job?.id;
  const what = [work, run, of === undefined ? undefined : `of ${of}`].filter((word) => word !== undefined).join(' ');
  log.error({ run, work, of }, `${what} ${error.message}`);
}
