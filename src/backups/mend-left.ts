import type { BackupSource } from '../domain/backup-source.ts';
import type { BackupStore } from '../domain/backup-store.ts';
import type { Clients } from '../domain/clients.ts';
import type { SourceKind } from './source-kind.ts';

export interface MendDeps {
  readonly store: Pick<BackupStore, 'openRuns'>;
  readonly clients: () => Clients;
  readonly kind: (kind: string) => Pick<SourceKind, 'mend'> | undefined;
}

/** It is a word or two with a server: who needs longer does not answer, ms. */
const mendMs = 15_000;

/**
 * Puts right what a restore of that source which died has left half-way; a sentence: what that was. `own`: the run that asks,
 * which may be that restore itself, begun anew. Not `looked`: another restore of it goes on, or will, and sees to that. Throws ActionError; rejects when the store does not answer.
 */
export async function mendLeft(
  { name, kind, params }: Pick<BackupSource, 'name' | 'kind' | 'params'>,
  { store, clients, kind: kindOf }: MendDeps,
  own?: string,
): Promise<{ readonly looked: boolean; readonly mended?: string }> {
  const its = kindOf(kind);
  if (its?.mend === undefined) return { looked: true };
  const goesOn = (await store.openRuns()).some(
    ({ id, source, work }) => source === name && work === 'restore' && id !== own,
  );
  if (goesOn) return { looked: false };
  const mended = await its.mend(params, clients(), AbortSignal.timeout(mendMs));
  return { looked: true, ...(mended !== undefined && { mended }) };
}

/** The same for all sources, each until it was looked at once since `again` was said of it; nothing is thrown. */
export function createMender(deps: MendDeps, tell: (sentence: string) => void) {
  const looked = new Set<string>();
  return {
    again: (source: string): void => void looked.delete(source),
    async all(sources: readonly BackupSource[]): Promise<void> {
      await Promise.all(
        sources
          .filter(({ name }) => !looked.has(name))
          .map(async (source) => {
            // Who does not answer, or does not run, is asked again the next time.
            const seen = await mendLeft(source, deps).catch(() => undefined);
            if (seen?.looked) looked.add(source.name);
            if (seen?.mended !== undefined) tell(seen.mended);
          }),
      );
    },
  };
}
