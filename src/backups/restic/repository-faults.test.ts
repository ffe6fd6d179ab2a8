import { once } from 'node:events';
import { readdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { flipBytes } from '../../../test/harness/flip-bytes.ts';
import {
  endless,
  inPieces,
  megabytes,
  produced,
  resticsAt,
  resticScene,
  type ResticScene,
} from '../../../test/harness/restic-scene.ts';
import type { RepositoryPlace } from '../../domain/backup.ts';
import type { Repository } from './repository.ts';

const untilIs = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 30_000 });
const backup = { host: 'orders', timeoutMs: 60_000 };
const bytes = megabytes(3);
let scene: ResticScene;
beforeAll(async () => {
  scene = await resticScene();
});
afterAll(() => scene.remove());

/** A backup that waits for more, and the pid of its restic, once that has locked the repository. */
async function begun(place: RepositoryPlace, repository: Repository, options = backup) {
  const source = endless(bytes);
  const dump = produced(source.stream);
  const backing = repository.backup(dump, options);
  await untilIs(async () => expect(await readdir(join(place.location, 'locks'))).toHaveLength(1));
  const [pid = 0] = await resticsAt(place);
  return { ...source, dump, backing, pid };
}

describe('a restic that is killed in the middle of a backup', () => {
  test('keeps nothing; its lock tells of it, and is removed when it is said to be of a dead process', async () => {
    const place = await scene.made('killed');
    const repository = scene.open(place);
    const { dump, backing, pid } = await begun(place, repository);
    process.kill(pid, 'SIGKILL');
    expect(await backing).toMatchObject({
      ok: false,
      kind: 'killed',
      kept: 'nothing',
      reason: expect.stringContaining('it was killed by SIGKILL (out of memory?)') as string,
    });
    expect(dump.stopped()).toBe(1);
    expect(dump.stream.destroyed).toBe(true);

    const locks = await repository.locks();
    expect(locks).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{64}$/),
        pid,
        hostname: hostname(),
        at: expect.any(Number),
        exclusive: false,
      },
    ]);
    // Backups go on, and whoever needs the repository for itself is told by whom it is held.
    expect((await repository.backup(produced(inPieces(bytes)), backup)).ok).toBe(true);
    await expect(repository.check()).rejects.toMatchObject({
      failure: { kind: 'locked', holder: { pid, hostname: hostname() } },
    });

    expect(await repository.removeLocks([])).toMatchObject({ ok: false });
    expect(await repository.locks()).toEqual(locks);
    expect(await repository.removeLocks(locks.map(({ id }) => id))).toEqual({
      ok: true,
      reason: 'removed 1 of dead processes',
    });
    expect(await repository.locks()).toEqual([]);
    expect(await repository.check()).toEqual({ ok: true, reason: 'its structure: no errors' });
  });

  test('has its lock removed only when no other is there', async () => {
    const place = await scene.made('held');
    const repository = scene.open(place);
    const dead = await begun(place, repository);
    process.kill(dead.pid, 'SIGKILL');
    await dead.backing;
    const [of] = await repository.locks();

    const source = endless(bytes);
    const cancel = new AbortController();
    const living = repository.backup(produced(source.stream), { ...backup, signal: cancel.signal });
    await untilIs(async () => expect(await readdir(join(place.location, 'locks'))).toHaveLength(2));
    expect(await repository.removeLocks([of?.id ?? ''])).toEqual({
      ok: false,
      reason: expect.stringMatching(/^there is another lock, [0-9a-f]{64}, of which nobody knows/),
    });
    expect(await readdir(join(place.location, 'locks'))).toHaveLength(2);
    cancel.abort();
    await living;
  });
});

describe('a place that fails in the middle of a backup', () => {
  test('because it is full: the reason is that, and no broken pipe', async () => {
    const place = await scene.made('full');
    const command = ['prlimit', '--fsize=1000000', 'restic'];
    const dump = produced(inPieces(megabytes(24)));
    expect(await scene.open(place, { command }).backup(dump, backup)).toMatchObject({
      ok: false,
      kind: 'disk-full',
      kept: 'nothing',
      reason: expect.stringMatching(/^restic did not back up orders \(full\): there is no room left; .*file too large/),
    });
    expect(dump.stopped()).toBe(1);
    expect(dump.stream.destroyed).toBe(true);
    expect((await scene.open(place).backup(produced(inPieces(bytes)), backup)).ok).toBe(true);
  });

  test('because it is taken away: what restic makes in its place is no backup', async () => {
    const place = await scene.made('gone');
    const { stream, backing } = await begun(place, scene.open(place));
    await rm(place.location, { recursive: true });
    stream.end(bytes);
    const backed = await backing;
    expect(backed.ok).toBe(false);
    expect(backed.reason).toContain('there is no repository at the place');
    expect(await resticsAt(place)).toEqual([]);
  });

  test('because it never answers: every call has its own time', async () => {
    let asked = 0;
    const server: Server = createServer(() => (asked += 1)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    try {
      const place = scene.place('silent', { location: `rest:http://127.0.0.1:${port}/` });
      const repository = scene.open(place, { graceMs: 200, verifyMs: 3_000 });
      await expect(repository.id({ timeoutMs: 3_000 })).rejects.toMatchObject({ reason: 'timeout' });
      const dump = produced(inPieces(bytes));
      const backed = await repository.backup(dump, { ...backup, timeoutMs: 3_000 });
      expect(backed).toMatchObject({ ok: false, kind: 'timeout', kept: 'unknown' });
      expect(dump.stopped()).toBe(1);
      expect(asked).toBeGreaterThan(1);
      expect(await resticsAt(place)).toEqual([]);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

describe('data that has rotted', () => {
  test('is found only by reading it, never read back as whole, and never left where it was restored to', async () => {
    const place = await scene.made('rotten');
    const repository = scene.open(place);
    const backed = await repository.backup(produced(inPieces(bytes)), backup);
    if (!backed.ok) throw new Error(backed.reason);
    const { id } = backed.snapshot;
    const pack = await flipBytes(join(place.location, 'data'));

    expect(await repository.check()).toEqual({ ok: true, reason: 'its structure: no errors' });
    const checked = await repository.check({ readData: { part: 1, of: 1 } });
    expect(checked).toMatchObject({ ok: false, brokenPacks: [pack] });
    await expect(repository.check({ readData: { part: 0, of: 1 } })).rejects.toThrow('0 of 1 is no part of the data');

    await expect(buffer(await repository.read(id, 'orders.sql'))).rejects.toMatchObject({
      failure: { kind: 'damaged' },
    });
    const into = join(scene.dir, 'restored');
    await expect(repository.restore(id, into)).rejects.toThrow();
    await expect(readdir(into)).rejects.toThrow('ENOENT');
  });
});
