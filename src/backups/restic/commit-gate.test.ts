import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { fakeRestic } from '../../../test/harness/fake-restic.ts';
import {
  endless,
  inPieces,
  megabytes,
  notWhole,
  produced,
  resticsAt,
  resticScene,
  type ResticScene,
  sha256,
} from '../../../test/harness/restic-scene.ts';
import type { RepositoryPlace } from '../../domain/backup.ts';
import { yes } from '../../domain/verdict.ts';
import type { Repository } from './repository.ts';

const backup = { host: 'shop/orders', tags: ['source=orders'], timeoutMs: 60_000 };
const bytes = megabytes(4);
const long = { timeout: 30_000 };
let scene: ResticScene;
let place: RepositoryPlace;
let repository: Repository;

beforeAll(async () => {
  scene = await resticScene();
  place = await scene.made('main');
  repository = scene.open(place);
});
afterAll(() => scene.remove());

/** Nothing of the source is kept, whoever looks. */
const nothingKept = async (): Promise<void> => expect(await repository.snapshots()).toEqual([]);

describe('a stream that is not whole is not kept', () => {
  test('when whoever made it failed at the end', async () => {
    const dump = produced(inPieces(bytes), notWhole);
    const backed = await repository.backup(dump, backup);
    expect(backed).toMatchObject({
      ok: false,
      kind: 'not-whole',
      kept: 'nothing',
      reason: 'shop/orders was not backed up: it ended with exit code 1: connection lost',
    });
    expect(dump.stopped()).toBe(1);
    await nothingKept();
  });

  test.each([10, 50, 99])('when it breaks after %i %', async (percent) => {
    const breakAt = Math.floor((bytes.length * percent) / 100);
    const dump = produced(inPieces(bytes, breakAt));
    expect(await repository.backup(dump, backup)).toMatchObject({
      ok: false,
      kind: 'broken',
      kept: 'nothing',
      // A restic that is slow to hear that it has to end has made one, which is told of and gone again.
      reason: expect.stringContaining(
        `shop/orders was not backed up: it broke off after ${breakAt} bytes: the connection was reset`,
      ),
    });
    expect(dump.seen()).toBeUndefined();
    expect(dump.stopped()).toBe(1);
    await nothingKept();
  });

  test('when it is destroyed without a word', async () => {
    const { stream, left } = endless(bytes);
    const backing = repository.backup(produced(stream), backup);
    await vi.waitFor(() => expect(left()).toBeLessThan(bytes.length), long);
    stream.destroy();
    expect(await backing).toMatchObject({ ok: false, kind: 'broken', kept: 'nothing' });
    await nothingKept();
  });

  test('when there is nothing in it, for which restic is not even started', async () => {
    const script = 'echo "$@" >> ' + join(scene.dir, 'started');
    const unused = scene.open(place, { command: await fakeRestic(scene.dir, script) });
    const nothing = (): Readable => Readable.from([], { objectMode: false });
    const broken = new PassThrough();
    const dumps = [produced(nothing()), produced(nothing(), notWhole), produced(broken)];
    const backing = dumps.map((dump) => unused.backup(dump, backup));
    broken.destroy(new Error('no route to the database'));
    const backed = await Promise.all(backing);
    expect(backed).toMatchObject([
      { ok: false, kind: 'empty', kept: 'nothing', reason: 'shop/orders was not backed up: nothing came at all' },
      {
        ok: false,
        kind: 'not-whole',
        kept: 'nothing',
        reason: expect.stringContaining('exit code 1: connection lost'),
      },
      { ok: false, kind: 'broken', kept: 'nothing', reason: expect.stringContaining('no route to the database') },
    ]);
    expect(dumps.map((dump) => dump.stopped())).toEqual([1, 1, 1]);
    const silent = new PassThrough();
    expect(await unused.backup(produced(silent), { ...backup, idleMs: 50 })).toMatchObject({ kind: 'silent' });
    expect(silent.destroyed).toBe(true);
    const unwanted = produced(new PassThrough());
    const signal = AbortSignal.abort();
    expect(await unused.backup(unwanted, { ...backup, signal })).toMatchObject({ kind: 'cancelled' });
    await expect(readFile(join(scene.dir, 'started'))).rejects.toThrow('ENOENT');
  });

  test('when nothing comes any more', async () => {
    // As much as a pipe holds: how soon restic takes it does not matter.
    const { stream } = endless(bytes.subarray(0, 10_000));
    const dump = produced(stream);
    expect(await repository.backup(dump, { ...backup, idleMs: 1_500 })).toMatchObject({
      ok: false,
      kind: 'silent',
      kept: 'nothing',
      reason: 'shop/orders was not backed up: nothing came for 1.5 s',
    });
    expect(dump.stopped()).toBe(1);
    expect(stream.destroyed).toBe(true);
    await nothingKept();
  });

  test('when it is never said whether it is whole', async () => {
    const dump = { ...produced(inPieces(bytes.subarray(0, 10_000))), whole: () => new Promise<never>(() => undefined) };
    const backed = await repository.backup(dump, { ...backup, idleMs: 1_500 });
    expect(backed).toMatchObject({ ok: false, kind: 'silent', kept: 'nothing' });
    await nothingKept();
  });

  test('when it is cancelled on the way', async () => {
    const cancel = new AbortController();
    const before = await repository.locks();
    const { stream, left } = endless(megabytes(8));
    const dump = produced(stream);
    const backing = repository.backup(dump, { ...backup, signal: cancel.signal });
    // More than waits for it and a pipe holds: restic takes it after it has locked the repository, and has taken note of that.
    await vi.waitFor(() => expect(left()).toBe(0), long);
    expect(await readdir(join(place.location, 'locks'))).toHaveLength(before.length + 1);
    cancel.abort();
    expect(await backing).toMatchObject({ ok: false, kind: 'cancelled', kept: 'nothing' });
    expect(dump.stopped()).toBe(1);
    expect(await resticsAt(place)).toEqual([]);
    await nothingKept();
    expect(await repository.locks()).toEqual(before);
  });

  test('when its time is over', async () => {
    const { stream } = endless(bytes);
    const dump = produced(stream);
    expect(await repository.backup(dump, { ...backup, timeoutMs: 1_500 })).toMatchObject({
      ok: false,
      kind: 'timeout',
      kept: 'nothing',
    });
    expect(dump.stopped()).toBe(1);
    await nothingKept();
  });
});

describe('a stream that is whole', () => {
  let id = '';

  test('becomes one snapshot, measured on its way', async () => {
    const dump = produced(inPieces(bytes));
    const backed = await repository.backup(dump, backup);
    expect(backed).toMatchObject({
      ok: true,
      measured: { bytes: bytes.length, sha256: sha256(bytes) },
      snapshot: { host: 'shop/orders', paths: ['/orders.sql'] },
    });
    if (!backed.ok) return;
    id = backed.snapshot.id;
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(backed.snapshot.tags).toEqual(['source=orders', expect.stringMatching(/^run=[0-9a-f]{16}$/)]);
    expect(dump.seen()?.tail.equals(bytes.subarray(-64 * 1024))).toBe(true);
    expect(dump.stopped()).toBe(0);
    expect(await repository.snapshots({ host: 'shop/orders', tag: 'source=orders' })).toEqual([backed.snapshot]);
  });

  test('is read back as it was', async () => {
    const read = await buffer(await repository.read(id, 'orders.sql'));
    expect(read.equals(bytes)).toBe(true);
  });

  test('that is one byte long has that byte as its tail', async () => {
    const dump = produced(Readable.from([Buffer.from('x')], { objectMode: false }));
    expect(await repository.backup(dump, backup)).toMatchObject({ ok: true, measured: { bytes: 1 } });
    expect(dump.seen()?.tail.toString()).toBe('x');
  });

  test('does not end before it was said that it is whole', async () => {
    const stream = new PassThrough();
    stream.end(bytes);
    let snapshotsThen = -1;
    const before = (await repository.snapshots()).length;
    const backed = await repository.backup(
      {
        ...produced(stream),
        whole: async () => {
          snapshotsThen = (await repository.snapshots()).length;
          return yes('all of it');
        },
      },
      backup,
    );
    expect(backed.ok).toBe(true);
    expect(snapshotsThen).toBe(before);
  });

  test('is backed up while another one is', async () => {
    const both = await Promise.all(
      ['one', 'two'].map((host) => repository.backup(produced(inPieces(megabytes(2))), { ...backup, host })),
    );
    expect(both.map(({ ok }) => ok)).toEqual([true, true]);
    expect(await repository.snapshots({ host: 'one' })).toHaveLength(1);
    expect(await repository.snapshots({ host: 'two' })).toHaveLength(1);
  });
});
