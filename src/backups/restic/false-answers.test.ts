import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fakeRestic } from '../../../test/harness/fake-restic.ts';
import { inPieces, megabytes, produced, resticScene, type ResticScene } from '../../../test/harness/restic-scene.ts';
import type { Repository } from './repository.ts';

const backup = { host: 'orders', timeoutMs: 60_000 };
const bytes = megabytes(3);
const [idA, idB] = ['a'.repeat(64), 'b'.repeat(64)];
let scene: ResticScene;
beforeAll(async () => {
  scene = await resticScene();
});
afterAll(() => scene.remove());

/** One that keeps what it knows in files of `dir`. */
async function scripted(script: string, version?: string): Promise<Repository> {
  const command = await fakeRestic(scene.dir, `cd ${scene.dir}\n${script}`, version);
  return scene.open(scene.place('fake'), { command, graceMs: 200, verifyMs: 500 });
}

describe('a restic that says one thing and does another', () => {
  test.each([
    ['tells of no snapshot', '', 'restic ended well and told of no snapshot'],
    [
      'has taken less than it was given',
      `echo '{"message_type":"summary","snapshot_id":"aaaaaaaa","total_bytes_processed":5}'`,
      `restic took 5 bytes, and ${bytes.length} were meant for it`,
    ],
    [
      'tells of a snapshot that nobody finds',
      `echo '{"message_type":"summary","snapshot_id":"aaaaaaaa","total_bytes_processed":${bytes.length}}'`,
      'restic told of the snapshot aaaaaaaa, and 0 are in the repository',
    ],
  ])('and %s has backed up nothing', async (_what, tells, reason) => {
    const script = `case $1 in backup) cat >/dev/null; ${tells} ;; snapshots) echo '[]' ;; esac`;
    const command = await fakeRestic(scene.dir, script);
    const backed = await scene.open(scene.place('fake'), { command }).backup(produced(inPieces(bytes)), backup);
    expect(backed).toMatchObject({ ok: false, kind: 'other', kept: 'nothing', reason });
  });

  test('is read to its end, and is an error when it then fails', async () => {
    const command = await fakeRestic(scene.dir, 'echo half of it; exit 1');
    const stream = await scene.open(scene.place('fake'), { command }).read('a'.repeat(64), 'orders.sql');
    let read = '';
    stream.on('data', (chunk: Buffer) => (read += chunk.toString()));
    await expect(once(stream, 'end')).rejects.toThrow('it ended with exit code 1');
    expect(read).toBe('half of it\n');
  });

  test('is ended when nothing comes of it, or when nobody reads it any more', async () => {
    const command = await fakeRestic(scene.dir, 'echo half of it; exec sleep 1000');
    const repository = scene.open(scene.place('fake'), { command });
    const stream = await repository.read('a'.repeat(64), 'orders.sql', { idleMs: 300 });
    await expect(buffer(stream)).rejects.toThrow('nothing came for 0.3 s');
    const left = await repository.read('a'.repeat(64), 'orders.sql');
    await once(left, 'readable');
    left.destroy();
    await once(left, 'close');
  });
});

describe('a restic that takes nothing', () => {
  test('is given no more than it takes, and is ended', async () => {
    const repository = await scripted('exec sleep 1000');
    let pulled = 0;
    const stream = new PassThrough({ highWaterMark: 64 * 1024 });
    const feed = (): void => {
      while (stream.writable && stream.write(bytes.subarray(0, 64 * 1024))) pulled += 64 * 1024;
    };
    stream.on('drain', feed);
    feed();
    const dump = produced(stream);
    expect(await repository.backup(dump, { ...backup, idleMs: 500 })).toMatchObject({
      ok: false,
      kind: 'stalled',
      reason: expect.stringContaining('restic took nothing for 0.5 s') as string,
    });
    expect(dump.stopped()).toBe(1);
    expect(pulled).toBeLessThan(2 * 1024 * 1024);
  });
});

describe('two who make a repository at the same time', () => {
  const answers = (id: string, keys: string): string => `case $1 in
    cat) if [ -e made ]; then echo '{"id":"${id}"}'; else exit 10; fi ;;
    init) touch made; echo "created restic repository aaaaaaaaaa at fake" ;;
    list) printf '${keys}' ;;
  esac`;

  test.each([
    ['its id is not the one that we made', answers(idB, 'key1\\n')],
    ['it has two keys', answers(idA, 'key1\\nkey2\\n')],
  ])('are found out when %s', async (_why, script) => {
    await rm(join(scene.dir, 'made'), { force: true });
    const repository = await scripted(script);
    await expect(repository.init()).rejects.toThrow('another process made a repository at the same time (fake)');
  });
});

describe('locks', () => {
  test('of dead processes elsewhere are removed with force, which restic needs for them', async () => {
    await writeFile(join(scene.dir, 'locks'), `${idA}\n`);
    const repository = await scripted(`echo "$@" >> calls
      case $1 in list) cat locks ;; unlock) [ "$2" != --remove-all ] || : > locks ;; esac`);
    expect(await repository.removeLocks([idB])).toMatchObject({ ok: false });
    expect(await repository.removeLocks([idA, idB])).toEqual({ ok: true, reason: 'removed 1 of dead processes' });
    expect(await repository.removeLocks([idA])).toEqual({ ok: true, reason: 'there was no lock' });
    const calls = (await readFile(join(scene.dir, 'calls'), 'utf8')).split('\n');
    expect(calls.filter((call) => call.startsWith('unlock'))).toEqual(['unlock', 'unlock --remove-all']);
  });

  test('that go while they are read are none', async () => {
    await writeFile(join(scene.dir, 'locks'), `${idA}\n`);
    const repository = await scripted(`case $1 in
      list) cat locks ;;
      cat) : > locks; echo 'Load(<lock/aaaaaaaaaa>, 0, 0) returned error, retrying after 1s: open /x: no such file or directory' >&2
        exec sleep 1000 ;;
    esac`);
    expect(await repository.locks()).toEqual([]);
  });
});
