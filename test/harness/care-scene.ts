import { randomBytes } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { chmod, open } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { z } from 'zod';
import { beginCare } from '../../src/backups/begin-care.ts';
import { standingOfRepository, type WorkStanding } from '../../src/backups/repository-standing.ts';
import type { Repository } from '../../src/backups/restic/repository.ts';
import { runBackup } from '../../src/backups/run-backup.ts';
import { runCare, type RunCareDeps } from '../../src/backups/run-care.ts';
import { defineSource } from '../../src/backups/source-kind.ts';
import type { BackupRepository, Produced } from '../../src/domain/backup.ts';
import type { BackupRun } from '../../src/domain/backup-run.ts';
import type { BackupSource } from '../../src/domain/backup-source.ts';
import type { BackupStore } from '../../src/domain/backup-store.ts';
import { realClock } from '../../src/domain/real-clock.ts';
import type { CareRun } from '../../src/domain/repository-care.ts';
import { yes } from '../../src/domain/verdict.ts';
import { createRedisBackups } from '../../src/store/redis-backups.ts';
import { redisOfFile } from '../fakes/redis-of-file.ts';
import { cheapRepository } from './cheap-repository.ts';
import { password, type ResticScene, resticScene } from './restic-scene.ts';

const never = new AbortController().signal;
const dayMs = 86_400_000;

/** Each day at 5. */
export const daily = { cron: '0 5 * * *', timeZone: 'UTC', jitterMs: 0 } as const;

/**
 * Real repositories of the calling test file, new ones for each test: `main`, which is there, and `offsite`, which is not; a
 * source `orders` that is written to `main`; and a clock that goes on by hand.
 */
export interface CareScene {
  now(): number;
  setNow(ms: number): void;
  store(): BackupStore;
  deps(): RunCareDeps;
  of(name: 'main' | 'offsite'): Repository;
  /** It is there from now on, and was never used. */
  made(name: 'offsite'): Promise<void>;
  /** What is done to `main` by itself. */
  care(of: Pick<BackupRepository, 'check' | 'prune' | 'copy'>): void;
  /** `main` counts for used from now on, with nothing in it. */
  use(): Promise<void>;
  backUp(): Promise<BackupRun | undefined>;
  /** Looks what is due; the bells that rang since the last day. */
  begin(): Promise<readonly string[]>;
  /** As a Redis that came back empty does. */
  loseBells(): void;
  /** What comes of the next bell, a day later; undefined: none rang. */
  nextDay(): Promise<CareRun | undefined>;
  works(): Promise<readonly WorkStanding[]>;
  /** The files that the data is in. */
  packs(name: 'main' | 'offsite'): readonly string[];
  /** Another bit in each of them; twice, and it is as it was. */
  flipPacks(): Promise<void>;
}

const told = defineSource({
  kind: 'told',
  class: 'data',
  params: z.object({}),
  title: () => 'what nobody could compress',
  open: async (): Promise<Produced> => ({
    file: 'orders.bin',
    stream: Readable.from([randomBytes(300_000)]),
    whole: () => Promise.resolve(yes('all of it')),
    stop: () => undefined,
  }),
  examine: async (read) => ({ shape: { bytes: (await buffer(read)).length, counts: {} } }),
});
const source: BackupSource = {
  name: 'orders',
  kind: 'told',
  params: {},
  repository: 'main',
  keep: { last: 2 },
  rpoMs: 1,
  rtoMs: 1,
  timeoutMs: 60_000,
  drill: { probes: [], timeoutMs: 60_000 },
};

export function careScene(): CareScene {
  const { redis } = redisOfFile();
  let restic: ResticScene;
  let store: BackupStore;
  let now: number;
  let main: BackupRepository;
  let offsite: BackupRepository;
  let opened: ReadonlyMap<string, Repository>;
  let rung: string[];
  let count = 0;
  beforeAll(async () => {
    restic = await resticScene();
  });
  afterAll(() => restic.remove());
  beforeEach(async () => {
    count += 1;
    store = createRedisBackups(redis(), `care${count}:`);
    now = Date.now();
    main = { ...(await restic.made(`main${count}`)), name: 'main' };
    offsite = { ...restic.place(`offsite${count}`), name: 'offsite' };
    opened = new Map([main, offsite].map((one) => [one.name, restic.open(one)]));
    rung = [];
  });

  const of: CareScene['of'] = (name) => {
    const found = opened.get(name);
    if (found === undefined) throw new Error(`there is no ${name}`);
    return found;
  };
  const deps = (): RunCareDeps => ({
    store,
    clock: { ...realClock, now: () => now },
    clients: () => ({ docker: new Map(), kubernetes: new Map() }),
    configured: (name) => [main, offsite].find((one) => one.name === name),
    repository: (name) => opened.get(name),
    sources: () => [source],
    kind: () => told,
  });
  const bell = { ring: async (id: string) => void rung.push(id), isLive: async (id: string) => rung.includes(id) };
  const begin: CareScene['begin'] = async () => {
    await beginCare({ ...deps(), bell, repositories: () => [main, offsite] });
    return [...rung];
  };
  const packs: CareScene['packs'] = (name) =>
    readdirSync(join(of(name).place.location, 'data'), { recursive: true, encoding: 'utf8' })
      .map((file) => join(of(name).place.location, 'data', file))
      .filter((file) => statSync(file).isFile());

  return {
    now: () => now,
    setNow: (ms) => void (now = ms),
    store: () => store,
    deps,
    of,
    made: (name) => cheapRepository(of(name).place.location, password),
    care({ check, prune, copy }) {
      const { check: _, prune: __, copy: ___, ...place } = main;
      main = { ...place, ...(check && { check }), ...(prune && { prune }), ...(copy && { copy }) };
    },
    async use() {
      await store.rememberRepository('main', await of('main').id());
    },
    async backUp() {
      const id = `b_${randomBytes(8).toString('hex')}`;
      const run = {
        work: 'backup',
        source: 'orders',
        repository: 'main',
        trigger: { by: 'schedule' },
        bytes: 0,
      } as const;
      expect(await store.open({ ...run, id, state: 'waiting', openedAt: now })).toEqual({ opened: true });
      return runBackup(
        id,
        {
          ...deps(),
          source: () => source,
          dataDir: () => restic.dir,
          mayBringBack: unasked,
          mayMend: () => true,
        },
        never,
      );
    },
    begin,
    loseBells: () => void (rung = []),
    async nextDay() {
      now += dayMs;
      rung = [];
      const [id, ...more] = await begin();
      expect(more).toEqual([]);
      return id === undefined ? undefined : runCare(id, deps(), never);
    },
    works: async () => (await standingOfRepository(main, store, now)).works,
    packs,
    async flipPacks() {
      for (const path of packs('main')) {
        await chmod(path, 0o600);
        const file = await open(path, 'r+');
        const at = Math.floor(statSync(path).size / 3);
        const { buffer: bytes } = await file.read(Buffer.alloc(1), 0, 1, at);
        await file.write(
          bytes.map((byte) => byte ^ 1),
          0,
          1,
          at,
        );
        await file.close();
      }
    },
  };
}

const unasked = (): never => {
  throw new Error('no recovery has asked for it');
};
