import type { BackupStore } from '../domain/backup-store.ts';
import type { Clock } from '../domain/clock.ts';
import { no, type Verdict, yes } from '../domain/verdict.ts';

/**
 * Ends a run that somebody does not want any more: one that waits at once, one that reads within seconds, by who looks after it.
 * A restore that writes is not stopped half-way. Rejects when the store does not answer.
 */
export async function cancelRun(
  id: string,
  by: string,
  { store, clock }: { readonly store: Pick<BackupStore, 'run' | 'endUntouched'>; readonly clock: Clock },
): Promise<Verdict> {
  const reason = `it was cancelled by ${by}, nothing was touched`;
  if (await store.endUntouched(id, { result: 'failed', reason, endedAt: clock.now() }))
    return yes(`${id} is cancelled`);
  const run = await store.run(id);
  if (run === undefined) return no(`there is no backup, drill or restore ${id} (any more): paramedic backups list`);
  if (run.state === 'ended') return no(`${id} has ended already: ${run.result}: ${run.reason}`);
  return no(
    `${id} has begun to write to the place of ${run.source}, and is not stopped half-way; how it is: paramedic backups show ${id}`,
  );
}
