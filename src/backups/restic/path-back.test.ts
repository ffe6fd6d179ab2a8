import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resticScene, type ResticScene } from '../../../test/harness/restic-scene.ts';
import type { Clients } from '../../domain/clients.ts';
import type { Restorable, Scratch } from '../source-kind.ts';
import { lookAt } from '../look-at.ts';
import { path } from '../sources/path/path.ts';
import type { Repository } from './repository.ts';

const clients: Clients = { docker: new Map(), kubernetes: new Map() };
const { signal } = new AbortController();
let scene: ResticScene;
let repository: Repository;
let srv: string;
let paths: string[];

beforeEach(async () => {
  scene = await resticScene();
  repository = scene.open(await scene.made('main'));
  srv = join(scene.dir, 'srv');
  paths = [join(srv, 'app/data'), join(srv, 'app/settings')];
  execFileSync('sh', ['-c', fill, 'sh', srv]);
});
afterEach(() => scene.remove());

const fill = `
  set -e; mkdir -p "$1/app/data/sub/empty"; cd "$1/app"; seq 1 50000 > data/numbers; echo secret > data/sub/secret
  chmod 600 data/sub/secret; ln -s numbers data/link; ln data/numbers data/again; mkfifo data/pipe; echo a > settings
  touch -d '2002-02-03 04:05:06' data/sub data; chmod 2750 data
`;
const list = (of: string): string =>
  execFileSync('sh', [
    '-c',
    'cd "$1"; find . -printf "%P|%y|%m|%u:%g|%t|%l\\n" | sort; find . -type f -exec sha256sum {} + | sort',
    'sh',
    of,
  ]).toString();
/** Without when each was changed. */
const untimed = (listed: string): readonly string[] =>
  listed.split('\n').map((line) => line.replace(/\|[A-Z][^|]* \d{4}\|/, '||'));
async function backedUp(): Promise<Restorable> {
  const made = await repository.backupPaths(paths, { host: 'files', tags: [], timeoutMs: 60_000, signal });
  if (!made.ok) throw new Error(made.reason);
  const { id } = made.snapshot;
  return { read: () => repository.readTree(id, '/'), intoFolder: (folder) => repository.restore(id, folder) };
}
const restore = async (content: Restorable) => path.restore?.(content, { paths }, clients, signal);

describe('files of this machine', () => {
  it.each(['are gone', 'are gone with what was above them', 'are an empty folder'])(
    'that %s are as they were',
    async (what) => {
      const [before, content] = [list(join(srv, 'app')), await backedUp()];
      for (const one of paths) rmSync(one, { recursive: true });
      if (what === 'are an empty folder') mkdirSync(paths[0] ?? '');
      if (what === 'are gone with what was above them') rmSync(srv, { recursive: true });
      expect(await restore(content)).toMatchObject({ ok: true, reason: expect.stringMatching(/in place again$/) });
      // The folder above is none of what is backed up.
      const folder = /^\|d\|.*$/m;
      expect(list(join(srv, 'app')).replace(folder, '')).toBe(before.replace(folder, ''));
      expect(readdirSync(srv)).toEqual(['app']);
      expect(readdirSync(join(srv, 'app'))).toEqual(['data', 'settings']);
      // Counted where they are as in the snapshot, with what is named twice.
      const counted = await path.examine(await content.read(), { paths });
      expect(await lookAt(path, { paths: [...paths, paths[1]] }, clients, signal, 60_000)).toEqual(counted);
    },
  );

  it('that are there are left alone', async () => {
    const content = await backedUp();
    rmSync(paths[0] ?? '', { recursive: true });
    writeFileSync(paths[1] ?? '', 'newer');
    const before = list(srv);
    const refused = await restore(content);
    expect(refused).toMatchObject({ ok: false });
    expect(refused?.reason).toMatch(
      /settings is there and is no empty folder: what is in it would be mixed; nothing was touched: restic restore SNAPSHOT --target DIR /,
    );
    expect(list(srv)).toBe(before);
    expect(await path.fits?.(async () => '', { paths }, clients, signal)).toEqual(refused);
    rmSync(paths[1] ?? '');
    expect(await path.fits?.(async () => '', { paths }, clients, signal)).toMatchObject({ ok: true });
  });

  it('are not put in place by half: what is in its place goes back when another one can not be put there', async () => {
    const content = await backedUp();
    rmSync(srv, { recursive: true });
    // A folder, and where the file has been is one as well.
    for (const one of paths) mkdirSync(one, { recursive: true });
    execFileSync('sh', ['-c', 'chmod 2710 "$1"; chown 1000:1001 "$1"', 'sh', paths[0] ?? '']);
    const before = untimed(list(srv));
    await expect(restore(content)).rejects.toThrow('settings could not be put in place: ');
    expect(untimed(list(srv))).toEqual(before);
  });

  it.each([
    ['somebody makes something there', () => writeFileSync(paths[1] ?? '', 'newer'), 'is there and is no empty folder'],
    ['one of them is not in it', (to: string) => rmSync(join(to, paths[1] ?? '')), 'is not in that snapshot'],
  ])('are left alone when %s', async (_what, act, why) => {
    const content = await backedUp();
    for (const one of paths) rmSync(one, { recursive: true });
    const late = {
      ...content,
      intoFolder: async (folder: string) => {
        await content.intoFolder(folder);
        act(folder);
      },
    };
    const refused = await restore(late);
    expect(refused).toMatchObject({ ok: false });
    expect(refused?.reason).toContain(`settings ${why}`);
    expect(readdirSync(join(srv, 'app'))).toEqual(why.includes('snapshot') ? [] : ['settings']);
  });

  it('are brought back by whoever begins it anew after one that died, and no copy of that is left', async () => {
    const content = await backedUp();
    for (const one of paths) rmSync(one, { recursive: true });
    // It gets no further than that, ever.
    await new Promise<void>((begun) => {
      const intoFolder = async (folder: string): Promise<void> => {
        writeFileSync(join(folder, 'half'), '');
        begun();
        await new Promise(() => undefined);
      };
      void restore({ ...content, intoFolder });
    });
    expect(readdirSync(join(srv, 'app'))).toEqual([expect.stringMatching(/^\.paramedic-restore-/)]);
    expect(await restore(content)).toMatchObject({ ok: true });
    expect(readdirSync(join(srv, 'app'))).toEqual(['data', 'settings']);
  });

  it('of which not all can be read leave nothing behind', async () => {
    const content = await backedUp();
    rmSync(join(srv, 'app'), { recursive: true });
    const broken = {
      ...content,
      intoFolder: async (folder: string) => {
        writeFileSync(join(folder, 'half'), '');
        throw new Error('a pack is damaged');
      },
    };
    await expect(restore(broken)).rejects.toThrow('app could not be put in place: a pack is damaged');
    expect(readdirSync(srv)).toEqual([]);
  });

  it('are brought back to a folder, counted as in an archive of them, and asked there', async () => {
    const content = await backedUp();
    const examined = await path.examine(await content.read(), { paths });
    const folder = mkdtempSync(join(scene.dir, 'drill-'));
    const place = (await path.scratch?.(
      { paths },
      clients,
      { folder, drill: 'd_1', timeoutMs: 60_000 },
      signal,
    )) as Scratch;
    expect(await place.fill(content, signal)).toMatchObject({ ok: true });
    expect(await place.look(signal)).toEqual(examined);
    expect(list(join(folder, srv, 'app'))).toBe(list(join(srv, 'app')));
    const run = (script: string) => place.run({ command: ['sh', '-c', script] }, signal);
    expect(await run(`wc -l < .${srv}/app/data/numbers; echo oh >&2; exit 3`)).toEqual({
      exitCode: 3,
      stdout: '50000\n',
      stderr: 'oh',
    });
    expect((await run('kill -9 $$')).exitCode).toBe(137);
    await expect(place.run({ query: 'SELECT 1' }, signal)).rejects.toThrow('files answer no query');
    await expect(place.run({ command: ['no-such-program'] }, signal)).rejects.toThrow('there is no such program');
    const over = AbortSignal.abort();
    await expect(place.run({ command: ['sleep', '1000'] }, over)).rejects.toThrow('sleep was ended before its end');
    rmSync(join(folder, srv, 'app/data/again'));
    expect(await place.look(signal)).not.toEqual(examined);
    await place.remove();
  });
});
