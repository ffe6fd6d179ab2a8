import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { askBackup, noSource, ringAgain } from './backups/ask-backup.ts';
import { beginCare, careOfId } from './backups/begin-care.ts';
import { beginDue } from './backups/begin-due.ts';
import { cancelRun } from './backups/cancel-run.ts';
import { createBackupsClient } from './backups/for-actions.ts';
import type { BackupDeps, Subject } from './backups/begun.ts';
import { eachOf } from './backups/each-of.ts';
import { listSnapshots, type SnapshotListed } from './backups/list-snapshots.ts';
import { createMender } from './backups/mend-left.ts';
import { noDrill } from './backups/no-drill.ts';
import { onceUnlocked } from './backups/once-unlocked.ts';
import { planRestore, type RestorePlan } from './backups/plan-restore.ts';
import { type RepositoryStanding, standingOfRepository } from './backups/repository-standing.ts';
import { createRepository, type Repository } from './backups/restic/repository.ts';
import { runBackup } from './backups/run-backup.ts';
import { runCare, type RunCareDeps } from './backups/run-care.ts';
import { type SourceStanding, standingOfSource, unknownStanding } from './backups/source-standing.ts';
import type { SourceKind } from './backups/source-kind.ts';
import type { Config } from './config/config.ts';
import type { BackupRun, BackupWanted, RestoreWish } from './domain/backup-run.ts';
import type { BackupStore } from './domain/backup-store.ts';
import type { BackupSource } from './domain/backup-source.ts';
import type { Clients } from './domain/clients.ts';
import type { Clock } from './domain/clock.ts';
import { messageOf } from './domain/errors.ts';
import { no, type Verdict } from './domain/verdict.ts';
import { briefly } from './queue/briefly.ts';
import { type Backups, createBackups, createBackupsWorker, queueNames } from './queue/backups.ts';

export interface BackingUpOptions {
  /** As they are now: asked each time, so that a reload takes effect with the next backup. */
  readonly config: () => Pick<Config, 'backups' | 'dataDir' | 'mode'>;
  readonly clients: () => Clients;
  readonly store: BackupStore;
  /** The same for what people say: it fails at once where `store` waits, and does nothing later. */
  readonly spoken: BackupStore;
  readonly clock: Clock;
  readonly kinds: readonly SourceKind[];
  readonly mayBringBack: BackupDeps['mayBringBack'];
  /** Something that a restore which died had left half-way was put right: a sentence. */
  readonly onMended: (sentence: string) => void;
  /** Where the bells are; those that are answered when `stopping` aborts are handed back. */
  readonly queue: { readonly connection: Redis; readonly prefix: string; readonly stopping: AbortSignal };
}

/** How long somebody may wait for what is in a repository, ms. */
const askMs = 60_000;
export interface Standings {
  readonly sources: readonly SourceStanding[];
  readonly repositories: readonly RepositoryStanding[];
}

/** Backups as the rest of the process sees them. What rejects does so because the store does not answer. */
export interface BackingUp {
  begin(wanted: BackupWanted, by: string): Promise<Verdict & { readonly run?: string }>;
  /** What is in its repository, newest first; or a sentence. */
  snapshots(source: string): Promise<readonly SnapshotListed[] | string>;
  /** What a restore would do; or a sentence: why nothing. */
  plan(source: string, wish: RestoreWish): Promise<RestorePlan | string>;
  run(id: string): Promise<BackupRun | undefined>;
  /** Ends one that has written nothing to the place of its source. */
  cancel(id: string, by: string): Promise<Verdict>;
  sources(): Promise<readonly SourceStanding[]>;
  repositories(): Promise<readonly RepositoryStanding[]>;
  /** How all of them stand. */
  standings(): Promise<Standings>;
  /** Begins what is due, and rings again what nobody looks at. */
  upkeep(): Promise<void>;
  /** Those clients, and that of backups where something is backed up. */
  beside(clients: Clients): Clients;
  readonly bells: Backups;
  readonly workers: readonly ReturnType<typeof createBackupsWorker>[];
}

/** The configuration's repositories and sources, brought together with what backs them up. */
export function createBackingUp(options: BackingUpOptions): BackingUp {
  const { config, clients, store, spoken, clock, kinds, queue, mayBringBack, onMended } = options;
  const bells = createBackups(queue.connection, queue.prefix);
  const sources = () => config().backups?.sources ?? [];
  const kind = (name: string): SourceKind | undefined => kinds.find((one) => one.kind === name);
  const repositories = () => config().backups?.repositories ?? [];
  const configured: RunCareDeps['configured'] = (name) => repositories().find((one) => one.name === name);
  const repository = (name: string): Repository | undefined => {
    const place = configured(name);
    return place && createRepository(place, { cacheDir: join(config().dataDir, 'restic-cache') });
  };
  const asking = { store, bell: bells, clock, sources };
  const said = { ...asking, store: spoken, bell: { ...bells, ring: briefly((id: string) => bells.ring(id)) } };
  const deps: BackupDeps = {
    store,
    clock,
    clients,
    source: (name) => sources().find((one) => one.name === name),
    kind,
    repository,
    mayBringBack,
    // Who observes writes nothing but what somebody asks for.
    mayMend: () => config().mode !== 'observe',
    dataDir: () => config().dataDir,
  };
  const mender = createMender(deps, onMended);
  const client = createBackupsClient(asking, deps);
  const caring: RunCareDeps = { store, clock, clients, configured, repository, sources, kind };
  async function backedUp(id: string, signal: AbortSignal): Promise<BackupRun | undefined> {
    const run = await runBackup(id, deps, signal);
    // What it could not put right, or take away, itself is not to wait until somebody begins another.
    if (run !== undefined) mender.again(run.source);
    return run;
  }
  const eachSource = (look: (source: BackupSource, its: SourceKind) => Promise<SourceStanding>) =>
    Promise.all(
      sources().flatMap((source) => {
        const known = kind(source.kind);
        return known ? [look(source, known)] : [];
      }),
    );
  const standing = (source: BackupSource, its: SourceKind) => standingOfSource(source, its, store, clock.now());
  /** What is looked up in a repository while somebody waits: what restic can not do is a sentence. */
  async function looked<Found>(
    name: string,
    look: (subject: Subject) => Promise<Found | string>,
  ): Promise<Found | string> {
    const source = deps.source(name);
    const its = source && kind(source.kind);
    const of = source && repository(source.repository);
    if (source === undefined || its === undefined || of === undefined) return noSource(name, sources());
    const use = { store, clock, holder: `look:${randomBytes(8).toString('hex')}`, waitMs: 0 };
    return onceUnlocked(of, use, AbortSignal.timeout(askMs), () => look({ source, kind: its, repository: of })).catch(
      messageOf,
    );
  }
  const standingsOfRepositories = (): Promise<readonly RepositoryStanding[]> =>
    Promise.all(repositories().map((one) => standingOfRepository(one, store, clock.now())));
  return {
    begin: async ({ source, work, anySize, takeOver, wish, overrides }, by) => {
      const named = deps.source(source)?.kind;
      const its = named === undefined ? undefined : kind(named);
      if (takeOver && named !== undefined && its?.refusesOthers === undefined)
        return no(
          `--take-over is for what Paramedic itself knows: a backup of ${source} goes on beside those of another Paramedic as it is; theirs stay until they are forgotten with restic, and can be had with --point (paramedic backups snapshots ${source})`,
        );
      const unable = work === 'drill' && its ? noDrill(its) : undefined;
      if (unable !== undefined) return no(`${source} can not be drilled: ${unable}`);
      const trigger = {
        by: 'hand',
        who: by,
        ...(overrides && { overrides }),
        ...(anySize && { anySize }),
        ...(takeOver && { takeOver }),
      } as const;
      return askBackup(source, { work, trigger, ...(wish && { wish }) }, said);
    },
    snapshots: (name) =>
      looked(name, ({ source, repository: its }) =>
        listSnapshots(source.name, its, clients(), AbortSignal.timeout(askMs)),
      ),
    plan: (name, wish) =>
      looked(name, ({ source, kind: its, repository: of }) =>
        planRestore(source, its, wish, of, clients(), clock.now(), AbortSignal.timeout(askMs)),
      ),
    run: (id) => store.run(id),
    cancel: (id, by) => cancelRun(id, by, { store: spoken, clock }),
    sources: () => eachSource(standing),
    repositories: standingsOfRepositories,
    standings: async () => ({
      // One that can not be read is told as one that has nothing, which is loud; the others are told as they are.
      sources: await eachSource((source, its) => standing(source, its).catch(() => unknownStanding(source, its))),
      repositories: await standingsOfRepositories(),
    }),
    async upkeep() {
      // What keeps one of them from being done must not keep the others.
      const acts = [
        () => ringAgain(asking),
        () => beginDue(asking),
        () => beginCare({ ...asking, repositories }),
        // Last: an engine that does not answer keeps it for a while.
        () => mender.all(sources()),
      ];
      await eachOf(acts, (act) => act());
    },
    beside: (others) => (config().backups === undefined ? others : { ...others, backups: client }),
    bells,
    workers: queueNames.map((name) =>
      createBackupsWorker(
        queue.connection,
        queue.prefix,
        (id, signal) => (careOfId(id) ? runCare(id, caring, signal) : backedUp(id, signal)),
        queue.stopping,
        name,
      ),
    ),
  };
}
