import type { BackupRun } from '../domain/backup-run.ts';
import type { BackupSource } from '../domain/backup-source.ts';
import type { BackupStore } from '../domain/backup-store.ts';
import type { Clients } from '../domain/clients.ts';
import type { Clock } from '../domain/clock.ts';
import type { Verdict } from '../domain/verdict.ts';
import { readyRepository } from './ready-repository.ts';
import type { Repository } from './restic/repository.ts';
import type { SourceKind } from './source-kind.ts';

/** What a backup, a drill or a restore is made with. */
export interface BackupDeps {
  readonly store: BackupStore;
  readonly clock: Clock;
  readonly clients: () => Clients;
  /** As the configuration has it now; undefined: not any more. */
  readonly source: (name: string) => BackupSource | undefined;
  readonly kind: (kind: string) => SourceKind | undefined;
  readonly repository: (name: string) => Repository | undefined;
  /** Whether what a recovery or somebody has asked for may replace data now. */
  readonly mayBringBack: (run: Pick<BackupRun, 'source' | 'trigger'>) => Promise<Verdict>;
  /** Whether what a restore that died has left may be put right now, unless somebody asks for one. */
  readonly mayMend: () => boolean;
  /** Drills have their folders in it. */
  readonly dataDir: () => string;
}

/** Writes into the record of it, unless another run has begun it since: this one is told to stop then. */
export type Write = (change: Parameters<BackupStore['update']>[1]) => Promise<void>;

/** A record that somebody looks after now. */
export interface Begun {
  readonly run: BackupRun;
  readonly write: Write;
  /** The same of what may be lost: how far it is. */
  readonly tell: (change: Parameters<Write>[0]) => void;
  /** As who lanes are taken. */
  readonly holder: string;
}

/** How it ended. */
export type Outcome = Required<Pick<BackupRun, 'result' | 'reason'>> &
  Partial<Pick<BackupRun, 'bytes' | 'snapshot' | 'point' | 'stages'>>;

/** What a run is about, with a repository that is there. */
export interface Subject {
  readonly source: BackupSource;
  readonly kind: SourceKind;
  readonly repository: Repository;
}

/** Brings together what a run is about; or a sentence: why it can not be. Throws ResticError. */
export async function subjectOf(
  { run, holder }: Pick<Begun, 'run' | 'holder'>,
  deps: BackupDeps,
  signal: AbortSignal,
): Promise<Subject | string> {
  const { store, clock } = deps;
  const source = deps.source(run.source);
  const kind = source && deps.kind(source.kind);
  const repository = source && deps.repository(source.repository);
  if (source === undefined || kind === undefined || repository === undefined)
    return `source ${run.source} is not in the configuration any more`;
  if (source.repository !== run.repository)
    return `source ${run.source} goes to repository ${source.repository} now: it was ${run.repository} when this was asked for`;
  const ready = await readyRepository(repository, { store, clock, holder }, signal);
  return ready.ok ? { source, kind, repository } : ready.reason;
}
