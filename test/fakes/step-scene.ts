import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach } from 'vitest';
import { z } from 'zod';
import { askBackup } from '../../src/backups/ask-backup.ts';
import { createBackupsClient } from '../../src/backups/for-actions.ts';
import { createRepository, type Repository } from '../../src/backups/restic/repository.ts';
import { runBackup } from '../../src/backups/run-backup.ts';
import { defineSource } from '../../src/backups/source-kind.ts';
import type { Action, Began, Verified } from '../../src/domain/action.ts';
import type { Produced } from '../../src/domain/backup.ts';
import type { BackupRun } from '../../src/domain/backup-run.ts';
import type { BackupSource } from '../../src/domain/backup-source.ts';
import type { BackupStore } from '../../src/domain/backup-store.ts';
import type { Clients } from '../../src/domain/clients.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { realClock } from '../../src/domain/real-clock.ts';
import { type Verdict, yes } from '../../src/domain/verdict.ts';
import { createRedisBackups } from '../../src/store/redis-backups.ts';
import { cheapRepository } from '../harness/cheap-repository.ts';
import { redisOfFile } from './redis-of-file.ts';

export const never = new AbortController().signal;
/** Platforms without anything on them, and nothing that is backed up. */
export const bare = { docker: new Map(), kubernetes: new Map() };
export const target = { kind: 'container', key: 'docker/edge-1/container/web' };
const orders: BackupSource = {
  name: 'orders',
  kind: 'told',
  params: { container: 'docker/edge-1/container/db' },
  repository: 'main',
  keep: { last: 9 },
  rpoMs: 1,
  rtoMs: 1,
  timeoutMs: 60_000,
  drill: { probes: [], timeoutMs: 60_000 },
};

/** An action that asks for backups or restores of one source, `orders`, with a real Redis and a real repository. */
export interface StepScene {
  repository(): Repository;
  location(): string;
  clients(): Clients;
  /** What the source says, and whether that was all. */
  content: () => Readable;
  isWhole: Verdict;
  /** Whether its place takes anything. */
  fits: () => Promise<Verdict>;
  /** What was brought back. */
  readonly broughtBack: string[];
  /** Everything that is remembered is forgotten. */
  forget(): void;
  plan(params?: object, began?: Began): Promise<readonly Plan[] | Verdict>;
  /** What the only plan pins, as it comes back from the store. */
  change(params?: object): Promise<Record<string, unknown>>;
  apply(pinned: unknown, signal?: AbortSignal): Promise<void>;
  settled(pinned: unknown): Promise<string>;
  verdict(pinned: unknown): Promise<Verified>;
  /** How often something was asked to be begun, and how often somebody was told to look at one. */
  asked(): number;
  rung(): number;
  store(): BackupStore;
  /** Newest first. */
  runs(): Promise<readonly BackupRun[]>;
  /** Begins a backup by hand: its id. */
  byHand(): Promise<string>;
}

export function stepScene(action: Action): StepScene {
  const { redis } = redisOfFile();
  let folder: string;
  let repository: Repository;
  let store: BackupStore;
  let clients: Clients;
  /** What was begun goes on beside the test, as it does beside the road. */
  let going: Promise<unknown>[];
  let asked = 0;

  const kind = defineSource({
    kind: 'told',
    class: 'data',
    params: z.object({ container: z.string() }),
    title: () => 'what it is told to',
    open: async (): Promise<Produced> => ({
      file: 'orders.txt',
      stream: scene.content(),
      whole: () => Promise.resolve(scene.isWhole),
      stop: () => undefined,
    }),
    examine: async (read) => ({ shape: { bytes: (await text(read)).length, counts: {} } }),
    fits: () => scene.fits(),
    async restore(content) {
      const all = await text(await content.read());
      scene.broughtBack.push(all);
      scene.content = () => Readable.from([Buffer.from(all)]);
      return yes('it is there again');
    },
  });
  const deps = () => ({
    store,
    clock: realClock,
    clients: () => bare,
    mayBringBack: async () => yes('it goes on'),
    mayMend: () => true,
    dataDir: () => folder,
    source: (name: string) => (name === 'orders' ? orders : undefined),
    kind: () => kind,
    repository: () => repository,
  });
  const asking = () => ({
    store,
    clock: realClock,
    sources: () => [orders],
    bell: {
      ring: async (id: string) => void going.push(runBackup(id, deps(), never)),
      isLive: async () => true,
    },
  });
  const location = (): string => join(folder, 'repository');
  const forget = (): void => {
    store = createRedisBackups(redis(), `step${randomBytes(4).toString('hex')}:`);
    const backups = createBackupsClient(asking(), deps());
    const begin: typeof backups.begin = (...wanted) => {
      asked += 1;
      return backups.begin(...wanted);
    };
    clients = { ...bare, backups: { ...backups, begin } };
  };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'paramedic-step-'));
    scene.content = () => Readable.from([Buffer.from('all the orders')]);
    scene.isWhole = yes('all of it');
    scene.fits = async () => yes('it has room');
    scene.broughtBack.length = 0;
    going = [];
    asked = 0;
    const place = { name: 'main', location: location(), password: { reveal: () => 'right' }, env: {} };
    repository = createRepository(place, { cacheDir: join(folder, 'cache') });
    await cheapRepository(location(), 'right');
    forget();
  });
  afterEach(async () => {
    await Promise.allSettled(going);
    rmSync(folder, { recursive: true, force: true });
  });

  const plan: StepScene['plan'] = async (more = {}, began) => {
    const params = { source: 'orders', ...more };
    const extra = await action.observe(target, clients, params);
    const input = { target, state: {}, extra, params, labels: {}, recovery: 'r_1', now: Date.now() };
    return action.plan({ ...input, ...(began && { began }) });
  };
  const scene: StepScene = {
    repository: () => repository,
    location,
    store: () => store,
    clients: () => clients,
    content: () => Readable.from([]),
    isWhole: yes('all of it'),
    fits: async () => yes('it has room'),
    broughtBack: [],
    forget,
    plan,
    async change(params) {
      const plans = await plan(params);
      if ('ok' in plans || plans[0] === undefined) throw new Error(JSON.stringify(plans));
      return JSON.parse(JSON.stringify(plans[0].change)) as Record<string, unknown>;
    },
    apply: (pinned, signal = never) => action.apply(pinned, clients, signal),
    settled: (pinned) => action.settled(pinned, clients),
    verdict: async (pinned) =>
      action.verify({ before: {}, state: {}, change: pinned, seen: await action.look(pinned, clients) }),
    asked: () => asked,
    rung: () => going.length,
    runs: () => store.runs({ limit: 99 }),
    async byHand() {
      const { run = '' } = await askBackup('orders', { work: 'backup', trigger: { by: 'hand', who: 'ana' } }, asking());
      return run;
    },
  };
  return scene;
}

/** A source that says all it has when it is let; `begun`: once somebody reads it. */
export function heldBack(scene: StepScene): { readonly stream: PassThrough; readonly begun: Promise<void> } {
  const stream = new PassThrough();
  const begun = new Promise<void>((resolve) => {
    scene.content = () => {
      resolve();
      return stream;
    };
  });
  return { stream, begun };
}
