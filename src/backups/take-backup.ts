import type { BackupSource } from '../domain/backup-source.ts';
import type { Clients } from '../domain/clients.ts';
import type { Clock } from '../domain/clock.ts';
import { formatDuration } from '../domain/duration.ts';
import { messageOf } from '../domain/errors.ts';
import type { RecoveryPoint, Shape } from '../domain/recovery-point.ts';
import { yes } from '../domain/verdict.ts';
import { judgeShape } from './judge-shape.ts';
import { dataTags, identityTags, manifestOf } from './manifest.ts';
import { readBack } from './read-back.ts';
import type { Backed, BackupOptions } from './restic/backup-outcome.ts';
import type { Repository } from './restic/repository.ts';
import { isPaths, type ProducedPaths, type SourceKind } from './source-kind.ts';

/** How a backup ended, and what there is of it now. `snapshot`: it is there, also when it is no recovery point. */
export type Taken =
  | { readonly result: 'verified'; readonly reason: string; readonly snapshot: string; readonly point: RecoveryPoint }
  | { readonly result: 'quarantined'; readonly reason: string; readonly snapshot: string; readonly shape: Shape }
  /** `isLocked`: nothing was begun, because of somebody's lock in the repository. */
  | { readonly result: 'failed'; readonly reason: string; readonly snapshot?: string; readonly isLocked?: true };

export interface BackupInput {
  /** The id of the run that it is of; absent: of none. */
  readonly run?: string;
  readonly source: BackupSource;
  readonly kind: SourceKind;
  readonly repository: Repository;
  readonly clients: Clients;
  readonly clock: Clock;
  /** Of the recovery points of this source, newest first. */
  readonly before: readonly Shape[];
  /** Whose it is; undefined: that is not known here. */
  readonly identity?: string | undefined;
  /** Somebody has said that its size is right, whatever those before it were. */
  readonly anySize?: boolean;
  /** Bytes that were read of it until now. */
  readonly onProgress?: (bytes: number) => void;
  /** The snapshot is there, and is read back from now on. */
  readonly onVerifying?: (snapshot: string) => void;
}

/**
 * The road of a backup: read the source into a snapshot, which is there only when the source has said that this was all;
 * read it back out of the repository; compare it with what went in, and with those before it; write beside it that it is a
 * recovery point. Whatever else happens, those that were there stay as they are. Never rejects.
 */
export async function takeBackup(input: BackupInput, signal: AbortSignal): Promise<Taken> {
  const { source, kind, repository, clients, clock, before, identity } = input;
  let snapshot: string | undefined;
  const limit = AbortSignal.timeout(source.timeoutMs);
  const over = AbortSignal.any([signal, limit]);
  try {
    const at = clock.now();
    const reader = input.run === undefined ? undefined : { run: input.run, source: source.name };
    const produced = await kind.open(source.params, clients, over, source.timeoutMs, reader);
    const file = isPaths(produced) ? undefined : produced.file;
    const options = {
      host: source.name,
      tags: [...dataTags(file), ...identityTags(identity)],
      timeoutMs: source.timeoutMs,
      signal: over,
      ...(input.onProgress && { onProgress: input.onProgress }),
    };
    const made: Backed = isPaths(produced)
      ? await backedUpPaths(produced, repository, options)
      : await repository.backup(produced, options);
    if (!made.ok && made.kind === 'locked') return { result: 'failed', reason: made.reason, isLocked: true };
    if (!made.ok) return { result: 'failed', reason: limit.aborted ? tooLong(source) : made.reason };
    snapshot = made.snapshot.id;
    input.onVerifying?.(snapshot);

    const content = await (file === undefined
      ? repository.readTree(snapshot, '/', { signal: over })
      : repository.read(snapshot, file, { signal: over }));
    const { sha256, examined } = await readBack(content, (copy) => kind.examine(copy, source.params));
    if ('refused' in examined) return { result: 'failed', reason: examined.refused, snapshot };
    if (made.measured.sha256 !== undefined && made.measured.sha256 !== sha256)
      return { result: 'failed', reason: 'what was read back is not what went in', snapshot };

    const { shape } = examined;
    const judged =
      input.anySize === true ? yes('its size is right, as was said') : judgeShape(shape, before, kind.shrinks);
    if (!judged.ok) return { result: 'quarantined', reason: judged.reason, snapshot, shape };

    const point: RecoveryPoint = {
      source: source.name,
      kind: source.kind,
      params: source.params,
      snapshot,
      at,
      verifiedAt: clock.now(),
      ...(file !== undefined && { file, sha256 }),
      shape,
      ...(identity !== undefined && { identity }),
      ...(input.anySize === true && { anySize: true as const }),
    };
    const { produced: manifest, tags } = manifestOf(point);
    const written = await repository.backup(manifest, { ...options, tags });
    if (!written.ok)
      return { result: 'failed', reason: `that it is good could not be written: ${written.reason}`, snapshot };
    const notes = isPaths(produced) ? [] : (produced.notes ?? []);
    const reason = ['read back and found whole', judged.reason, ...notes].join('; ');
    return { result: 'verified', reason, snapshot, point };
  } catch (error) {
    const reason = limit.aborted ? tooLong(source) : messageOf(error);
    return { result: 'failed', reason, ...(snapshot !== undefined && { snapshot }) };
  }
}

async function backedUpPaths(produced: ProducedPaths, repository: Repository, options: BackupOptions): Promise<Backed> {
  try {
    return await repository.backupPaths(produced.paths, options);
  } finally {
    await produced.remove?.();
  }
}

const tooLong = ({ timeoutMs }: BackupSource): string =>
  `it took longer than its timeout of ${formatDuration(timeoutMs)} (backups.sources.timeout)`;
