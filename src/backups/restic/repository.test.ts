import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  inPieces,
  megabytes,
  produced,
  resticScene,
  type ResticScene,
  secret,
} from '../../../test/harness/restic-scene.ts';
import type { Snapshot } from '../../domain/backup.ts';
import { UserError } from '../../domain/errors.ts';
import type { Repository } from './repository.ts';

const unknown = '0'.repeat(64);
let scene: ResticScene;
let repository: Repository;
beforeAll(async () => {
  scene = await resticScene();
  repository = scene.open(await scene.made('main'));
});
afterAll(() => scene.remove());

const bytes = megabytes(1);
async function saved(host: string, into = repository): Promise<Snapshot> {
  const backed = await into.backup(produced(inPieces(bytes)), { host, timeoutMs: 60_000 });
  if (!backed.ok) throw new Error(backed.reason);
  return backed.snapshot;
}
const idsIn = async (of: Repository): Promise<string[]> => (await of.snapshots()).map(({ id }) => id);

describe('a repository', () => {
  test('is made once, and has one id for its life', async () => {
    const fresh = scene.open(scene.place('fresh'));
    const id = await fresh.init();
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(await fresh.id()).toBe(id);
    await expect(fresh.init()).rejects.toThrow(`there is a repository already (fresh): ${id}`);
    expect(await fresh.id()).toBe(id);
  });

  test('is not made where one is that we cannot open', async () => {
    const place = await scene.made('theirs');
    const other = scene.open({ ...place, password: secret('another one') });
    await expect(other.init()).rejects.toMatchObject({ failure: { kind: 'wrong-password' } });
    expect(await readdir(join(place.location, 'keys'))).toHaveLength(1);
  });

  test('that is not there, or has another password, is an error that says so', async () => {
    const missing = scene.open(scene.place('missing'));
    await expect(missing.snapshots()).rejects.toMatchObject({ failure: { kind: 'no-repository' } });
    const dump = produced(inPieces(bytes));
    expect(await missing.backup(dump, { host: 'h', timeoutMs: 60_000 })).toMatchObject({
      ok: false,
      kind: 'no-repository',
      kept: 'nothing',
    });
    expect(dump.stopped()).toBe(1);

    const wrong = scene.open({ ...repository.place, password: secret('wrong') });
    await expect(wrong.id()).rejects.toMatchObject({ reason: 'forbidden', failure: { kind: 'wrong-password' } });
    const asked = await wrong.backup(produced(inPieces(bytes)), { host: 'h', timeoutMs: 60_000 });
    expect(asked).toMatchObject({ ok: false, reason: 'restic did not back up h (main): the password is wrong' });
  });

  test('takes only labels that stay what they are', async () => {
    const backup = (changes: object): Promise<unknown> =>
      repository.backup(produced(inPieces(bytes)), { host: 'h', timeoutMs: 60_000, ...changes });
    await expect(backup({ tags: ['a,b'] })).rejects.toThrow('"a,b" cannot be a tag');
    await expect(backup({ host: '' })).rejects.toThrow('"" cannot be the host of a snapshot.');
    const named = { ...produced(inPieces(bytes)), file: '../x' };
    await expect(repository.backup(named, { host: 'h', timeoutMs: 60_000 })).rejects.toThrow(
      '"../x" cannot be the name of a file in a snapshot.',
    );
  });
});

describe('snapshots', () => {
  test('are forgotten by their ids, and only these', async () => {
    const [first, second, third] = [await saved('one'), await saved('two'), await saved('three')];
    expect(await repository.forget([second.id, unknown])).toEqual([second.id]);
    expect(await idsIn(repository)).toEqual([first.id, third.id]);
    expect(await repository.forget([second.id])).toEqual([]);
    expect(await repository.forget([])).toEqual([]);
    await expect(repository.forget([first.id.slice(0, 8)])).rejects.toThrow(UserError);
    expect(await idsIn(repository)).toEqual([first.id, third.id]);
    await repository.prune();
    expect(await repository.check({ readData: { part: 1, of: 1 } })).toMatchObject({ ok: true });
  });

  test('are listed by host and tag', async () => {
    const one = await saved('listed');
    expect(await repository.snapshots({ host: 'listed' })).toEqual([one]);
    expect(await repository.snapshots({ host: 'listed', tag: 'no-such' })).toEqual([]);
    expect(await repository.snapshots({ tag: one.tags.at(-1) })).toEqual([one]);
  });

  test('are copied to another repository, each once', async () => {
    const [one, two] = [await saved('copied'), await saved('not-copied')];
    const other = scene.open(scene.place('second', { password: secret('the other password') }));
    await other.init({ like: repository.place });
    const copied = await repository.copyTo(other.place, [one.id]);
    const [copy] = await other.snapshots();
    expect([...copied]).toEqual([[one.id, copy?.id]]);
    expect(copy).toMatchObject({ host: 'copied', at: one.at });
    expect((await buffer(await other.read(copy?.id ?? '', 'orders.sql'))).equals(bytes)).toBe(true);

    const both = await repository.copyTo(other.place, [one.id, two.id]);
    expect(both.get(one.id)).toBe(copy?.id);
    expect(await idsIn(other)).toHaveLength(2);
    await expect(repository.copyTo(other.place, [unknown])).rejects.toThrow(`there is no snapshot ${unknown} in main`);
  });

  test('are not copied between places that need different values of one variable', async () => {
    const region = (name: string, value: string) => scene.place(name, { env: { AWS_DEFAULT_REGION: secret(value) } });
    const here = scene.open({ ...repository.place, env: { AWS_DEFAULT_REGION: secret('eu-west-1') } });
    const one = await saved('unlike');
    await expect(here.copyTo(region('far', 'us-east-1'), [one.id])).rejects.toThrow(
      'restic cannot copy from main to far: each needs another AWS_DEFAULT_REGION, and it takes only one.',
    );
  });
});

describe('files of this machine', () => {
  const backup = { host: 'files', timeoutMs: 60_000 };
  let tree = '';
  beforeAll(async () => {
    tree = join(scene.dir, 'tree');
    await mkdir(join(tree, 'sub'), { recursive: true });
    await writeFile(join(tree, 'sub', 'a.txt'), 'one');
    await writeFile(join(tree, 'b.txt'), 'two');
  });

  test('are backed up, read as tar, and restored', async () => {
    const backed = await repository.backupPaths([tree], backup);
    expect(backed).toMatchObject({ ok: true, measured: { bytes: 6 }, snapshot: { host: 'files', paths: [tree] } });
    if (!backed.ok) return;
    const { id } = backed.snapshot;
    const tar = (await buffer(await repository.readTree(id, tree))).toString('latin1');
    expect(tar).toContain('sub/a.txt');
    expect(tar.length % 512).toBe(0);

    const into = join(scene.dir, 'restored');
    await repository.restore(id, into);
    expect(await readFile(join(into, tree, 'sub', 'a.txt'), 'utf8')).toBe('one');
    await expect(repository.restore(id, into)).rejects.toThrow(`${into} is not empty`);

    const part = join(scene.dir, 'part');
    await repository.restore(id, part, { include: join(tree, 'b.txt') });
    expect(await readdir(join(part, tree))).toEqual(['b.txt']);
    const nothing = join(scene.dir, 'nothing');
    await expect(repository.restore(id, nothing, { include: '/no/such' })).rejects.toThrow(
      'nothing in it fits /no/such',
    );
    await expect(readdir(nothing)).rejects.toThrow('ENOENT');
  });

  test('are not backed up when one of them is missing', async () => {
    const before = await idsIn(repository);
    const missing = join(scene.dir, 'nope');
    expect(await repository.backupPaths([tree, missing], backup)).toMatchObject({
      ok: false,
      kind: 'incomplete',
      kept: 'nothing',
      reason: `files was not backed up: ENOENT: no such file or directory, lstat '${missing}'`,
    });
    expect(await idsIn(repository)).toEqual(before);
    await expect(repository.backupPaths(['tree'], backup)).rejects.toThrow('"tree" is no absolute path.');
    await expect(repository.backupPaths([], backup)).rejects.toThrow('There is nothing to back up');
  });
});

describe('files that cannot all be read', () => {
  const backup = { host: 'unread', timeoutMs: 60_000 };

  test('are no backup: what restic has made of them is told, and left, as to forget it no other may be at work', async () => {
    // It can be opened, and its beginning is nobody's memory.
    const backed = await repository.backupPaths(['/proc/self/mem'], backup);
    expect(backed).toMatchObject({
      ok: false,
      kind: 'incomplete',
      kept: 'snapshot',
      reason: expect.stringMatching(
        /restic has made a snapshot of it all the same \([0-9a-f]{64}\), which is no recovery point$/,
      ),
    });
    expect(await repository.snapshots({ host: 'unread' })).toHaveLength(1);
  });

  test('because one went away just now are none either', async () => {
    const dir = join(scene.dir, 'going');
    await mkdir(dir);
    await writeFile(join(dir, 'stays'), 'one');
    await writeFile(join(dir, 'goes'), 'two');
    const command = ['sh', '-c', `[ "$1" != backup ] || rm -f ${join(dir, 'goes')}; exec restic "$@"`, 'sh'];
    const backed = await scene
      .open(repository.place, { command })
      .backupPaths([join(dir, 'stays'), join(dir, 'goes')], backup);
    expect(backed).toMatchObject({ ok: false, kind: 'incomplete', kept: 'snapshot' });
  });
});

describe('what is read', () => {
  test('and is not there is an error, and no empty stream', async () => {
    const { id } = await saved('read');
    await expect(buffer(await repository.read(id, 'nope.sql'))).rejects.toMatchObject({
      failure: { kind: 'not-found' },
    });
    await expect(buffer(await repository.read(unknown, 'orders.sql'))).rejects.toMatchObject({
      failure: { kind: 'not-found' },
    });
    await expect(repository.read('latest', 'orders.sql')).rejects.toThrow('"latest" is no full id of a snapshot.');
  });
});
