import type { BackupSource } from '../domain/backup-source.ts';
import type { RestoreWish } from '../domain/backup-run.ts';
import type { Clients } from '../domain/clients.ts';
import type { Shape } from '../domain/recovery-point.ts';
import { chosenSnapshot } from './chosen-snapshot.ts';
import { isOurs, ourIdentity } from './identities.ts';
import { madeOf, pointedElsewhere } from './made-of.ts';
import { identityOf } from './manifest.ts';
import type { Repository } from './restic/repository.ts';
import type { SourceKind } from './source-kind.ts';
import { unfitBecause } from './unfit-because.ts';

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
  /** Of which other Paramedic it is; absent: it is ours. */
  readonly of?: string;
  /** What it was made of, for people; absent: of that which would be replaced. */
  readonly madeOf?: string;
  /** That what says that it is newer was not taken, a sentence. */
  readonly passedOver?: string;
}

/** A sentence when there is nothing that could be brought back, or its place would not take it now. Throws ResticError. */
export async function planRestore(
  source: BackupSource,
  kind: SourceKind,
  wish: RestoreWish,
  repository: Repository,
  clients: Clients,
  now: number,
  signal: AbortSignal,
): Promise<RestorePlan | string> {
  if (kind.restore === undefined) return onlyRead(kind);
  const identity = await ourIdentity(clients);
  const chosen = await chosenSnapshot(source, wish, repository, { identity, now }, signal);
  if (typeof chosen === 'string') return chosen;
  const other = madeOf(chosen.point, kind, source);
  if (other !== undefined && wish.snapshot === undefined)
    return pointedElsewhere(chosen.snapshot.id, other, kind, source);
  const unfit = await unfitBecause(kind, source.params, clients, signal);
  if (unfit !== undefined) return unfit;
  const { snapshot, point, passedOver } = chosen;
  const of = isOurs(snapshot, identity) ? undefined : identityOf(snapshot);
  return {
    source: source.name,
    title: kind.title(source.params),
    snapshot: snapshot.id,
    at: point?.at ?? snapshot.at,
    ...(point && { shape: point.shape }),
    ...(of !== undefined && { of }),
    ...(other !== undefined && { madeOf: other }),
    ...(passedOver !== undefined && { passedOver }),
  };
}

/** Why nothing of a kind without a restore is put in the place of what is there, a sentence. */
export const onlyRead = ({ kind, instead }: Pick<SourceKind, 'kind' | 'instead'>): string =>
  instead ??
  `what a source of kind ${kind} holds is for people to read, and nothing can be written back; restic dump reads it`;
