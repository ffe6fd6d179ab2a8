import type { BackupSource } from '../domain/backup-source.ts';
import type { RestoreWish } from '../domain/backup-run.ts';
import type { Shape } from '../domain/recovery-point.ts';
import { chosenSnapshot } from './chosen-snapshot.ts';
import type { Repository } from './restic/repository.ts';
import type { SourceKind } from './source-kind.ts';

/** What a restore would do. */
export interface RestorePlan {
  readonly source: string;
  /** What would be replaced, for people. */
  readonly title: string;
  /** 64 hex digits. */
  readonly snapshot: string;
  /** What is in it is of that moment, ms since the epoch. */
  readonly at: number;
  /** Absent: it is no recovery point. */
  readonly shape?: Shape;
}

/** A sentence when there is nothing that could be brought back. Throws ResticError. */
export async function planRestore(
  source: BackupSource,
  kind: SourceKind,
  wish: RestoreWish,
  repository: Repository,
  signal: AbortSignal,
): Promise<RestorePlan | string> {
  if (kind.restore === undefined) return onlyRead(kind);
  const chosen = await chosenSnapshot(source, wish, repository, signal);
  if (typeof chosen === 'string') return chosen;
  const { snapshot, point } = chosen;
  return {
    source: source.name,
    title: kind.title(source.params),
    snapshot: snapshot.id,
    at: point?.at ?? snapshot.at,
    ...(point && { shape: point.shape }),
  };
}

export const onlyRead = ({ kind }: Pick<SourceKind, 'kind'>): string =>
  kind === 'paramedic'
    ? 'a Paramedic that runs can not put back under itself what it knows: where none runs, paramedic restore --own does'
    : `what a source of kind ${kind} holds is for people to read, and nothing can be written back; restic dump reads it`;
