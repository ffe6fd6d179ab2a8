import type { BackupSource } from '../domain/backup-source.ts';
import type { RecoveryPoint } from '../domain/recovery-point.ts';
import type { SourceKind } from './source-kind.ts';

/**
 * What a recovery point was made of, where its source is about something else by now, for people: the one would be put in the
 * place of the other. Undefined: it is of the same.
 */
export function madeOf(
  point: Pick<RecoveryPoint, 'params'> | undefined,
  kind: Pick<SourceKind, 'title'>,
  { params }: Pick<BackupSource, 'params'>,
): string | undefined {
  if (point === undefined) return undefined;
  const then = titleOf(point.params, kind);
  return then === kind.title(params) ? undefined : then;
}

/** Why it is not brought back unless somebody has named it. */
export const pointedElsewhere = (
  snapshot: string,
  of: string,
  kind: Pick<SourceKind, 'title'>,
  { name, params }: Pick<BackupSource, 'name' | 'params'>,
): string =>
  `recovery point ${snapshot.slice(0, 8)} was made of ${of}, and ${name} is ${kind.title(params)} now, in whose place it would be put; nothing was touched; paramedic restore ${name} --point ${snapshot.slice(0, 8)} does that all the same`;

/** Another version may have written parameters that this one does not take. */
function titleOf(params: unknown, kind: Pick<SourceKind, 'title'>): string {
  try {
    return kind.title(params);
  } catch {
    return 'something that this version can not name';
  }
}
