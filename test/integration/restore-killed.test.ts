import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runBackup } from '../../src/backups/run-backup.ts';
import { path } from '../../src/backups/sources/path/path.ts';
import { heldScene } from '../harness/held-scene.ts';
import { startProcess } from '../harness/process.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const scene = heldScene();
const never = new AbortController().signal;
/** The module's JavaScript and a script that runs it: a process that can be killed. */
let built: string;
let srv: string;
let paths: readonly [string, string];
/** A recovery point of both. */
let snapshot: string;

/** It dies right before its renaming of that number. */
const script = `
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const [number, from, snapshot, ...paths] = process.argv.slice(2);
const { rename } = fs.promises;
let renamed = 0;
fs.promises.rename = async (...of) => {
  renamed += 1;
  if (renamed === Number(number)) process.kill(process.pid, 'SIGKILL');
  await rename(...of);
  if (renamed + 1 === Number(number) && renamed === paths.length) process.kill(process.pid, 'SIGKILL');
};
syncBuiltinESMExports();
const { putInPlace } = await import('./backups/sources/path/put-in-place.js');
await putInPlace({ snapshot, intoFolder: async (to) => void execFileSync('cp', ['-a', from + '/.', to]) }, paths);
`;

beforeAll(async () => {
  built = mkdtempSync(join(tmpdir(), 'paramedic-built-'));
  const words = 'src/backups/sources/path/put-in-place.ts --noEmit false --allowImportingTsExtensions false';
  const more = '--rewriteRelativeImportExtensions --module NodeNext --target ES2023 --skipLibCheck --noCheck';
  const args = ['--ignoreConfig', ...`${words} ${more}`.split(' '), '--rootDir', 'src', '--outDir', built];
  await promisify(execFile)(join(root, 'node_modules/.bin/tsc'), args, { cwd: root });
  writeFileSync(join(built, 'package.json'), '{"type":"module"}');
  writeFileSync(join(built, 'dies.js'), script);
  symlinkSync(join(root, 'node_modules'), join(built, 'node_modules'));
});
afterAll(() => rmSync(built, { recursive: true, force: true }));

beforeEach(async () => {
  srv = join(scene.folder, 'srv');
  paths = [join(srv, 'app/data'), join(srv, 'settings')];
  execFileSync('sh', ['-c', fill, 'sh', srv]);
  scene.source = { ...scene.source, name: 'orders', kind: 'path', params: { paths } };
  scene.deps = { ...scene.deps, kind: () => path };
  snapshot = (await scene.run('backup')).snapshot ?? '';
});
const fill =
  'mkdir -p "$1/app/data" "$1/settings"; cd "$1"; echo one > app/data/one; echo a > settings/a; chmod 750 settings';

/** They are lost: the first with what was above it, of the second there is an empty folder. */
function lose(): void {
  for (const one of readdirSync(srv)) rmSync(join(srv, one), { recursive: true });
  mkdirSync(paths[1]);
}

/** A restore that dies right before its renaming of that number; the third: right after the second. */
async function killed(number: number): Promise<void> {
  const from = join(scene.folder, 'whole');
  await scene.repository.restore(snapshot, from);
  const argv = [join(built, 'dies.js'), String(number), from, snapshot, ...paths];
  const child = await startProcess(process.execPath, argv, { name: 'the restore' });
  expect(await child.end).toBe('was killed by SIGKILL');
}

const list = (): string =>
  execFileSync('sh', [
    '-c',
    'cd "$1"; find app settings -printf "%P|%m|" -type f -exec cat {} +',
    'sh',
    srv,
  ]).toString();
const fits = () => path.fits?.(async () => '', { paths }, scene.deps.clients(), never);

describe('a restore that is killed', () => {
  it.each([
    ['before anything is in its place', 1, ''],
    ['between its renamings', 2, 'a restore that died had put APP in place, and not SETTINGS: that is finished; '],
    ['when all is in its place', 3, 'a restore that died had put APP, SETTINGS in place: that is finished; '],
  ])('%s is finished by whoever begins it anew, who says so', async (_when, number, said) => {
    const before = list();
    lose();
    await killed(number);
    expect(readdirSync(srv)).toContainEqual(expect.stringMatching(/^\.paramedic-restore-/));
    const ended = await runBackup(await scene.open('restore', { snapshot }), scene.deps, never);
    const saying = said.replace('APP', join(srv, 'app')).replace('SETTINGS', paths[1]);
    expect(ended).toMatchObject({ result: 'verified', reason: expect.stringMatching(`^${saying}brought back in `) });
    expect(list()).toBe(before);
    expect(readdirSync(srv).toSorted()).toEqual(['app', 'settings']);
  });

  it('loses nothing that was written since to what is in its place', async () => {
    lose();
    await killed(2);
    writeFileSync(join(paths[0], 'later'), 'on');
    expect((await scene.run('restore')).result).toBe('verified');
    expect(readdirSync(paths[0])).toEqual(['later', 'one']);
    expect(statSync(paths[1]).mode & 0o777).toBe(0o750);
  });

  it('is not finished where somebody has made something there since, or by one of another snapshot', async () => {
    writeFileSync(join(paths[1], 'b'), 'b');
    const another = (await scene.run('backup')).snapshot;
    lose();
    await killed(2);
    writeFileSync(join(paths[1], 'newer'), 'newer');
    const refused = await fits();
    expect(refused).toMatchObject({ ok: false });
    expect(refused?.reason).toMatch(
      /settings is there and is no empty folder: .*; a restore that died had put \S+app in place, and has the rest in \S+; nothing was touched: move away /,
    );
    expect((await scene.run('restore', { wish: { snapshot } })).reason).toBe(refused?.reason);
    rmSync(join(paths[1], 'newer'));
    expect((await scene.run('restore', { wish: { snapshot: another ?? '' } })).reason).toContain(
      `, of snapshot ${snapshot.slice(0, 8)}: nothing was touched; restore that one, which finishes it, or move away what is in place; `,
    );
    expect([readdirSync(paths[0]), readdirSync(paths[1])]).toEqual([['one'], []]);
    // What is in place of it is moved away: all of the other one is brought back.
    rmSync(join(srv, 'app'), { recursive: true });
    expect((await scene.run('restore')).result).toBe('verified');
    expect(readdirSync(paths[1])).toEqual(['a', 'b']);
  });
});
