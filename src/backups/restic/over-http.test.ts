import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { onFreePort, type RunningProcess } from '../../../test/harness/process.ts';
import { restLogin, startRestServer } from '../../../test/harness/rest-server.ts';
import {
  inPieces,
  megabytes,
  produced,
  resticScene,
  type ResticScene,
  secret,
} from '../../../test/harness/restic-scene.ts';
import type { RepositoryPlace } from '../../domain/backup.ts';

let scene: ResticScene;
let server: RunningProcess;
let folder: string;
let port: number;
beforeAll(async () => {
  scene = await resticScene();
  folder = await mkdtemp(join(tmpdir(), 'paramedic-rest-'));
  server = await onFreePort(async (free) => {
    port = free;
    return startRestServer(folder, free);
  });
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
  await scene.remove();
});

const place = (password: string = restLogin.password, name = 'shop'): RepositoryPlace =>
  scene.place('offsite', {
    location: `rest:http://127.0.0.1:${port}/${name}`,
    env: { RESTIC_REST_USERNAME: secret(restLogin.user), RESTIC_REST_PASSWORD: secret(password) },
  });
const options = { host: 'orders', timeoutMs: 60_000 };

test('a repository on a rest-server is made, backed up to, read, looked after, and as good as one on a disk', async () => {
  const repository = scene.open(place());
  await expect(repository.id()).rejects.toMatchObject({ failure: { kind: 'no-repository' } });
  const id = await repository.init();
  expect(await repository.id()).toBe(id);
  const bytes = megabytes(3);
  const [first, second] = [
    await repository.backup(produced(inPieces(bytes)), { ...options, tags: ['paramedic-data'] }),
    await repository.backup(produced(inPieces(megabytes(1))), { ...options, tags: ['paramedic-data'] }),
  ];
  if (!first.ok || !second.ok) throw new Error(`${first.reason}; ${second.reason}`);
  expect(await buffer(await repository.read(first.snapshot.id, produced(inPieces(bytes)).file))).toEqual(bytes);
  expect(await repository.forget([second.snapshot.id])).toEqual([second.snapshot.id]);
  await repository.prune();
  expect((await repository.check()).ok).toBe(true);
  expect((await repository.snapshots()).map((one) => one.id)).toEqual([first.snapshot.id]);
  expect(await repository.locks()).toEqual([]);
});

test('another password of the server is told, and it is not in what is said', async () => {
  const failed = scene.open(place('let me in'));
  const error: unknown = await failed.snapshots().catch((one: unknown) => one);
  expect(String(error)).toMatch(/401|unauthorized/i);
  expect(String(error)).not.toContain('let me in');
});

test('a server that dies in the middle leaves no snapshot, and the next backup is well', async () => {
  const repository = scene.open(place('open sesame', 'dying'));
  await repository.init();
  const before = await repository.snapshots();
  const bytes = megabytes(24);
  const broken = Readable.from(
    (async function* () {
      yield bytes.subarray(0, 12 * 2 ** 20);
      server.signal('SIGKILL');
      await server.end;
      yield bytes.subarray(12 * 2 ** 20);
    })(),
    { objectMode: false },
  );
  // By itself restic would try again for a quarter of an hour.
  const dying = await repository.backup(produced(broken), { ...options, timeoutMs: 10_000 });
  expect(dying.ok).toBe(false);
  server = await startRestServer(folder, port);
  expect(await repository.snapshots()).toEqual(before);
  expect((await repository.backup(produced(inPieces(bytes)), options)).ok).toBe(true);
});
