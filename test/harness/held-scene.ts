import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import type { BackupDeps } from '../../src/backups/begun.ts';
import { createRepository, type Repository } from '../../src/backups/restic/repository.ts';
import { runBackup } from '../../src/backups/run-backup.ts';
import type { BackupRun } from '../../src/domain/backup-run.ts';
import type { BackupSource } from '../../src/domain/backup-source.ts';
import { realClock } from '../../src/domain/real-clock.ts';
import { yes } from '../../src/domain/verdict.ts';
import { createRedisBackups } from '../../src/store/redis-backups.ts';
import { heldPlace, type HeldPlace, heldSource } from '../fakes/held-source.ts';
import { redisOfFile } from '../fakes/redis-of-file.ts';
import { cheapRepository } from './cheap-repository.ts';

export const orders = 'one\ntwo\nthree';
/** What does not get smaller when it is compressed. */
export const large = (): string => randomBytes(40_000).toString('base64');

/** A source that is a text in our hands, a real repository, and what both are brought together with; new ones for each test. */
export interface HeldScene {
  folder: string;
  repository: Repository;
  deps: BackupDeps;
  source: BackupSource;
  at: HeldPlace;
  /** Makes the record of a run; its id. */
  open(work: BackupRun['work'], more?: Partial<BackupRun>): Promise<string>;
  /** What came of one. */
  run(work: BackupRun['work'], more?: Partial<BackupRun>): Promise<BackupRun>;
  /** The packs that hold what was backed up are damaged; those that only say what there is are smaller. */
  corrupt(): void;
}

const never = new AbortController().signal;

/** To be called at the top of a file of tests: nothing of it is there before the first one. */
export function heldScene(): HeldScene {
  const { redis } = redisOfFile();
  let count = 0;
  const scene = {
    async open(work, more = {}) {
      count += 1;
      const id = `${work}_${count}`;
      const trigger = { by: 'hand', who: 'ana' } as const;
      const record: BackupRun = {
        id,
        work,
        source: 'orders',
        repository: 'main',
        trigger,
        state: 'waiting',
        openedAt: Date.now(),
        bytes: 0,
        ...more,
      };
      expect(await scene.deps.store.open(record)).toEqual({ opened: true });
      return id;
    },
    async run(work, more = {}) {
      const ended = await runBackup(await scene.open(work, more), scene.deps, never);
      if (ended === undefined) throw new Error('it had ended');
      return ended;
    },
    corrupt() {
      const data = join(scene.folder, 'repository', 'data');
      const packs = readdirSync(data).flatMap((sub) =>
        readdirSync(join(data, sub)).map((pack) => join(data, sub, pack)),
      );
      const found = packs.filter((pack) => statSync(pack).size > 10_000);
      expect(found.length).toBeGreaterThan(0);
      // A pack that is too short restic asks for again and again, for a minute.
      for (const pack of found) writeFileSync(pack, readFileSync(pack).fill(0x5a, 1_000, 2_000));
      rmSync(join(scene.folder, 'cache'), { recursive: true, force: true });
    },
  } as HeldScene;

  beforeEach(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'paramedic-restore-'));
    scene.folder = folder;
    scene.at = heldPlace(orders);
    scene.repository = createRepository(
      { name: 'main', location: join(folder, 'repository'), password: { reveal: () => 'right' }, env: {} },
      { cacheDir: join(folder, 'cache') },
    );
    await cheapRepository(join(folder, 'repository'), 'right');
    scene.source = {
      name: 'orders',
      kind: 'told',
      params: {},
      repository: 'main',
      keep: { last: 9 },
      rpoMs: 60_000,
      rtoMs: 60_000,
      timeoutMs: 60_000,
      drill: { probes: [{ ask: { query: 'how long' }, atLeast: orders.length }], timeoutMs: 60_000 },
    };
    scene.deps = {
      store: createRedisBackups(redis(), `rr${randomBytes(4).toString('hex')}:`),
      clock: realClock,
      clients: () => ({ docker: new Map(), kubernetes: new Map() }),
      source: () => scene.source,
      kind: () => heldSource(scene.at),
      repository: () => scene.repository,
      mayBringBack: async () => yes('it goes on'),
      mayMend: () => true,
      dataDir: () => folder,
    };
  });
  afterEach(() => rmSync(scene.folder, { recursive: true, force: true }));
  return scene;
}
