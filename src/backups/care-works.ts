import type { Care, DataPart } from '../domain/repository-care.ts';
import type { Repository } from './restic/repository.ts';

/** How a work on a repository ended. */
export interface CareEnd {
  readonly result: 'done' | 'damaged' | 'failed';
  readonly reason: string;
  /** What is known of the repository now. `at`: ms since the epoch. */
  readonly learn?: (care: Care, at: number) => Care;
}

/** Looks at the structure, and reads the part of the data whose turn it is. Throws ResticError when it can not be looked. */
export async function checkNext(
  care: Care,
  parts: number,
  repository: Pick<Repository, 'check'>,
  signal: AbortSignal,
): Promise<CareEnd> {
  const part = nextPart(care, parts);
  const checked = await repository.check({ signal, ...(part && { readData: part }) });
  const { reason } = checked;
  if (checked.ok)
    return {
      result: 'done',
      reason,
      learn: (before) => {
        const { damage: _, ...rest } = before;
        return { ...rest, ...(part && { read: part }) };
      },
    };
  return damagedEnd(reason, part);
}

/** `part`: what was read; absent: none of the data. */
export const damagedEnd = (reason: string, part?: DataPart): CareEnd => ({
  result: 'damaged',
  reason,
  learn: (before, at) => ({
    ...before,
    damage: { ...before.damage, at: before.damage?.at ?? at, reason, ...(part && { part }) },
  }),
});

/**
 * What was found broken is read again until it is whole: a check of the next part would find nothing, and nobody would hear
 * of it any more. `parts`: 0 for none of the data.
 */
export function nextPart({ damage, read }: Pick<Care, 'damage' | 'read'>, parts: number): DataPart | undefined {
  if (damage?.part !== undefined) return damage.part;
  if (parts === 0) return undefined;
  // In another number of parts each of them is another one.
  return { part: read?.of === parts ? (read.part % parts) + 1 : 1, of: parts };
}

/** Removes what no snapshot needs. `check`: what is remembered of the checks of this repository. Throws ResticError. */
export async function pruneUnlessDamaged(
  check: Pick<Care, 'damage'> | undefined,
  repository: Pick<Repository, 'prune'>,
  signal: AbortSignal,
): Promise<CareEnd> {
  if (check?.damage !== undefined)
    return { result: 'failed', reason: `nothing is removed from what is damaged: ${check.damage.reason}` };
  await repository.prune({ signal });
  return { result: 'done', reason: 'what no snapshot needs is removed' };
}
