import type { BackupSource } from '../domain/backup-source.ts';
import type { BackupStore } from '../domain/backup-store.ts';
import type { Clients } from '../domain/clients.ts';
import { objectsIn } from '../domain/objects-in.ts';
import { removeLeftOfRuns } from './left-of-runs.ts';
import type { SourceKind } from './source-kind.ts';

export interface MendDeps {
  readonly store: Pick<BackupStore, 'openRuns' | 'run'>;
  readonly clients: () => Clients;
  readonly kind: (kind: string) => Pick<SourceKind, 'mend'> | undefined;
  /** As the configuration has it now; undefined: not any more. */
  readonly source: (name: string) => Pick<BackupSource, 'params'> | undefined;
  /** Whether anything may be written now that nobody has asked for. */
  readonly mayMend: () => boolean;
}

/** It is a word or two with a server: who needs longer does not answer, ms. */
const mendMs = 15_000;

/**
 * Puts right what a restore which died has left half-way of what that source is about; a sentence: what that was. `own`: the
 * run that asks, which may be that restore itself, begun anew. Not `looked`: another restore of it goes on, or will, and sees to
 * that; or nothing may be written. Throws ActionError; rejects when the store does not answer.
 */
export async function mendLeft(
  { name, kind, params }: Pick<BackupSource, 'name' | 'kind' | 'params'>,
  { store, clients, kind: kindOf, source: sourceOf, mayMend }: MendDeps,
  own?: string,
): Promise<{ readonly looked: boolean; readonly mended?: string }> {
  const its = kindOf(kind);
  if (its?.mend === undefined) return { looked: true };
  if (!mayMend()) return { looked: false };
  // Two sources may be about one thing.
  const about = new Set(objectsIn(params));
  const isAbout = (source: string): boolean =>
    source === name || objectsIn(sourceOf(source)?.params).some((object) => about.has(object));
  const goesOn = (await store.openRuns()).some(
    ({ id, source, work }) => work === 'restore' && id !== own && isAbout(source),
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
            if (seen?.mended !== undefined) tell(seen.mended);
            // Also for who observes: nobody has asked for what is left of a run, and it is in the way of others.
            const left = await removeLeftOfRuns(source, deps).then(
              (removed) => ({ removed }),
              () => undefined,
            );
            if (left?.removed !== undefined) tell(left.removed);
            if (seen?.looked && left !== undefined) looked.add(source.name);
          }),
      );
    },
  };
}
