import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { askBackup, ringAgain } from './backups/ask-backup.ts';
import { createBackupsClient } from './backups/for-actions.ts';
import { createRepository, type Repository } from './backups/restic/repository.ts';
import { type BackupDeps, runBackup } from './backups/run-backup.ts';
import { type SourceStanding, standingOfSource } from './backups/source-standing.ts';
import type { SourceKind } from './backups/source-kind.ts';
import type { Config } from './config/config.ts';
import type { BackupRun } from './domain/backup-run.ts';
import type { BackupStore } from './domain/backup-store.ts';
import type { Clients } from './domain/clients.ts';
import type { Clock } from './domain/clock.ts';
import type { Verdict } from './domain/verdict.ts';
import { type Backups, createBackups, createBackupsWorker } from './queue/backups.ts';

export interface BackingUpOptions {
  /** As they are now: asked each time, so that a reload takes effect with the next backup. */
  readonly config: () => Pick<Config, 'backups' | 'dataDir'>;
  readonly clients: () => Clients;
  readonly store: BackupStore;
  readonly clock: Clock;
  readonly kinds: readonly SourceKind[];
  /** Where the bells are; those that are answered when `stopping` aborts are handed back. */
  readonly queue: { readonly connection: Redis; readonly prefix: string; readonly stopping: AbortSignal };
}

/** Backups as the rest of the process sees them. What rejects does so because the store does not answer. */
export interface BackingUp {
  begin(source: string, by: string, anySize: boolean): Promise<Verdict & { readonly run?: string }>;
  run(id: string): Promise<BackupRun | undefined>;
  sources(): Promise<readonly SourceStanding[]>;
  /** Rings again what nobody looks at; answers as `sources`. */
  upkeep(): Promise<readonly SourceStanding[]>;
  /** Those clients, and this one where something is backed up. */
  beside(clients: Clients): Clients;
  readonly bells: Backups;
  readonly worker: ReturnType<typeof createBackupsWorker>;
}

/** The configuration's repositories and sources, brought together with what backs them up. */
export function createBackingUp({ config, clients, store, clock, kinds, queue }: BackingUpOptions): BackingUp {
  const bells = createBackups(queue.connection, queue.prefix);
  const sources = () => config().backups?.sources ?? [];
  const kind = (name: string): SourceKind | undefined => kinds.find((one) => one.kind === name);
  const repository = (name: string): Repository | undefined => {
    const place = config().backups?.repositories.find((one) => one.name === name);
    return place && createRepository(place, { cacheDir: join(config().dataDir, 'restic-cache') });
  };
  const asking = { store, bell: bells, clock, sources };
  const deps: BackupDeps = {
    store,
    clock,
    clients,
    source: (name) => sources().find((one) => one.name === name),
    kind,
    repository,
  };
  const client = createBackupsClient(asking, deps);
  const standings = (): Promise<readonly SourceStanding[]> =>
    Promise.all(
      sources().flatMap((source) => {
        const known = kind(source.kind);
        return known ? [standingOfSource(source, known, store)] : [];
      }),
    );
  return {
    begin: (source, by, anySize) =>
      askBackup(source, { work: 'backup', trigger: { by: 'hand', who: by, ...(anySize && { anySize }) } }, asking),
    run: (id) => store.run(id),
    sources: standings,
    async upkeep() {
      await ringAgain(asking);
      return standings();
    },
    beside: (others) => (config().backups === undefined ? others : { ...others, backups: client }),
    bells,
    worker: createBackupsWorker(
      queue.connection,
      queue.prefix,
      (id, signal) => runBackup(id, deps, signal),
      queue.stopping,
    ),
  };
}
