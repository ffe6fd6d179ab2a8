import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { onFreePort, type RunningProcess } from '../../../test/harness/process.ts';
import {
  type Reached,
  type RepositoryServerKind,
  restServer,
  s3Server,
  sftpServer,
} from '../../../test/harness/repository-servers.ts';
import { inPieces, megabytes, produced, resticScene, type ResticScene } from '../../../test/harness/restic-scene.ts';
import type { Repository } from './repository.ts';

const isCI = process.env['CI'] === 'true';
// It is built from its source, which takes minutes and Go: on a developer's machine only where somebody has done that.
const s3 = await promisify(execFile)('test/s3/build', isCI ? [] : ['--built']).then(
  ({ stdout }) => stdout.trim(),
  (error: Error) => {
    if (isCI) throw error;
    return undefined;
  },
);
const kinds: readonly RepositoryServerKind[] = [restServer, s3Server(s3 ?? 'versitygw'), sftpServer];
const options = { host: 'orders', timeoutMs: 60_000 };

describe.each(kinds)('a repository over $kind', (kind) => {
  let scene: ResticScene;
  let server: RunningProcess;
  let folder: string;
  let port: number;
  const isMissing = kind.kind === 's3' && s3 === undefined;
  beforeAll(async () => {
    scene = await resticScene();
    folder = await mkdtemp(join(tmpdir(), `paramedic-${kind.kind}-`));
    await kind.prepare(folder);
    if (isMissing) return;
    server = await onFreePort(async (free) => {
      port = free;
      return kind.serve(folder, port);
    });
  });
  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
    await scene.remove();
  });

  const opened = ({ location, env, options: found }: Reached): Repository =>
    scene.open(scene.place('offsite', { location, env }), found);
  const named = (name: string): Repository => opened(kind.reached(folder, port, name));

  it.skipIf(isMissing)('is made, backed up to, read, looked after, and as good as one on a disk', async () => {
    const repository = named('shop');
    await expect(repository.id()).rejects.toMatchObject({ failure: { kind: 'no-repository' } });
    const id = await repository.init();
    expect(await repository.id()).toBe(id);
    const bytes = megabytes(3);
    const [first, second] = [
      await repository.backup(produced(inPieces(bytes)), { ...options, tags: ['paramedic-data'] }),
      await repository.backup(produced(inPieces(megabytes(1))), { ...options, tags: ['paramedic-data'] }),
    ];
    if (!first.ok || !second.ok) throw new Error(`${first.reason}; ${second.reason}`);
    const back = await buffer(await repository.read(first.snapshot.id, produced(inPieces(bytes)).file));
    expect(bytes.equals(back)).toBe(true);
    expect(await repository.forget([second.snapshot.id])).toEqual([second.snapshot.id]);
    await repository.prune();
    expect((await repository.check()).ok).toBe(true);
    expect((await repository.snapshots()).map((one) => one.id)).toEqual([first.snapshot.id]);
    expect(await repository.locks()).toEqual([]);
  });

  it.skipIf(isMissing)('tells who is not let in, and no secret is in what is said', async () => {
    const stranger = opened(kind.unwelcome(folder, port, 'shop'));
    // restic may end before it has read what its ssh said: then it is not told by whom it was refused, and asked again.
    const said: string[] = [];
    await vi.waitFor(
      async () => {
        said.push(String(await stranger.snapshots().catch((one: unknown) => one)));
        expect(said.at(-1)).toMatch(kind.refusal);
      },
      { timeout: 60_000 },
    );
    expect(said.join('\n')).not.toContain(kind.secret);
  });

  it.skipIf(isMissing)('whose server dies in the middle gets no snapshot, and the next backup is well', async () => {
    const repository = named('dying');
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
    server = await kind.serve(folder, port);
    expect(await repository.snapshots()).toEqual(before);
    expect((await repository.backup(produced(inPieces(bytes)), options)).ok).toBe(true);
  });
});
