import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { BackupRun } from '../../src/domain/backup-run.ts';
import { type MortalEngine, startMortalEngine } from '../harness/mortal-engine.ts';
import { type DumpScene, startDumpScene } from './dump-scene.ts';

let engine: MortalEngine;
let scene: DumpScene;
beforeAll(async () => {
  engine = await startMortalEngine();
  scene = await startDumpScene(engine.socket).catch(async (error: unknown) => {
    await engine.stop();
    throw error;
  });
  await inside('sh', '-c', 'seq 1000 >/files/small');
});
// Where a test has failed it may be gone still.
afterAll(async () => {
  try {
    await engine.begin();
    await scene.stop();
  } finally {
    await engine.stop();
  }
});

const ways = {
  'its daemon is killed, and what runs in containers goes on': () => engine.killDaemon(),
  'the power of its machine is cut': () => engine.cutPower(),
};
const within = { timeout: 60_000, interval: 100 };
/** Half of it at once, the rest a little at a time: for more than a minute. */
const slowly = '$real "$@" | { head -c 500000; for i in $(seq 400); do sleep 0.2; head -c 100; done; cat; }';

async function inside(...command: string[]): Promise<void> {
  expect(await scene.inside(...command)).toBe(0);
}
const sum = (): Promise<string> => scene.said("SELECT md5(string_agg(o::text, '|' ORDER BY n)) FROM orders AS o");
const all = async (): Promise<readonly string[]> =>
  (await engine.docker.listContainers({ all: true })).map(({ Names }) => Names.join());
const volumesThere = async (): Promise<readonly string[]> =>
  (await engine.docker.listVolumes()).Volumes.map(({ Name }) => Name).toSorted();
const isUp = (up: 0 | 1): Promise<void> =>
  vi.waitFor(
    async () => expect(await (await scene.ask('/metrics')).text()).toMatch(`paramedic_engine_up{engine="edge"} ${up}`),
    within,
  );

/** A backup that has read something. */
async function underWay(source: string): Promise<string> {
  const id = await scene.begin(source);
  await vi.waitFor(async () => {
    const run = (await (await scene.ask(`/api/v1/backups/${id}`)).json()) as BackupRun;
    expect(run).toMatchObject({ state: 'reading' });
    expect(run.bytes).toBeGreaterThan(0);
  }, within);
  return id;
}

/** How it ended, in a word and a sentence. */
const told = async (ended: Promise<BackupRun>): Promise<object> => {
  const { result, reason } = await ended;
  return { result, reason };
};

describe('an engine that is gone in the middle of backups loses no recovery point, makes none, and is well again:', () => {
  it.each(Object.entries(ways))('%s', async (_name, gone) => {
    const [was, things] = [await sum(), await all()];
    for (const source of ['orders', 'files'])
      expect(await told(scene.run(source))).toMatchObject({ result: 'verified' });
    const snapshots = scene.restic('main', 'snapshots', '--json');
    await scene.replaceDump(slowly);
    // All of it is zeroes, which are there as they are asked for.
    await inside('truncate', '--size=100G', '/files/large');
    const [dump, files] = [await underWay('orders'), await underWay('files')];
    await gone();

    expect(await told(scene.ended(dump))).toEqual({
      result: 'failed',
      reason: expect.stringMatching(
        /^orders was not backed up: how pg_dump in \S+-orders ended, after \d+ bytes, is not known: docker engine edge at \S+ can not be reached/,
      ),
    });
    expect(await told(scene.ended(files))).toEqual({
      result: 'failed',
      reason: expect.stringMatching(/^files was not backed up: it broke off after \d+ bytes: docker engine edge/),
    });
    expect(await told(scene.run('orders'))).toEqual({
      result: 'failed',
      reason: expect.stringMatching(/^docker engine edge at \S+ can not be reached/),
    });
    expect(scene.restic('main', 'snapshots', '--json')).toBe(snapshots);
    await isUp(0);

    await engine.begin();
    await scene.started();
    await isUp(1);
    await scene.dumpAsItWas();
    await inside('rm', '/files/large');
    for (const source of ['orders', 'files'])
      expect(await told(scene.run(source))).toMatchObject({ result: 'verified' });
    // None of ours, either.
    expect(await all()).toEqual(things);

    await scene.sql('DROP TABLE orders');
    expect(await told(scene.run('orders', 'restore'))).toMatchObject({ result: 'verified' });
    expect(await sum()).toBe(was);
    scene.restic('main', 'check', '--read-data');
  });
});

describe('an engine that is gone in the middle of a drill proves nothing, and keeps nothing of it:', () => {
  it.each(Object.entries(ways))('%s', async (_name, gone) => {
    const things = await all();
    const volumes = await volumesThere();
    expect(await told(scene.run('orders'))).toMatchObject({ result: 'verified' });
    const drill = await scene.begin('orders', 'drill');
    await vi.waitFor(async () => expect((await all()).length).toBeGreaterThan(things.length), within);
    await gone();
    const { result, reason } = await scene.ended(drill);
    expect({ result, reason }).toEqual({ result: 'failed', reason: expect.stringContaining('docker engine edge') });

    await engine.begin();
    await scene.started();
    // By the next upkeep, which nobody has to ask for.
    await vi.waitFor(async () => expect(await all()).toEqual(things), { timeout: 120_000, interval: 500 });
    expect(await volumesThere()).toEqual(volumes);
    expect(await told(scene.run('orders', 'drill'))).toMatchObject({ result: 'verified' });
    expect(await all()).toEqual(things);
  });
});
