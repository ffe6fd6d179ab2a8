import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { heldScene, large } from '../harness/held-scene.ts';

const scene = heldScene();
const run = promisify(execFile);

/** As somebody would by hand; what it says, however it ends. */
async function restic(...args: readonly string[]): Promise<string> {
  const { location } = scene.repository.place;
  const env = { ...process.env, RESTIC_PASSWORD: 'right', RESTIC_CACHE_DIR: join(scene.folder, 'another-cache') };
  const said = (end: { stdout: string; stderr: string }): string => `${end.stdout}${end.stderr}`;
  return run('restic', ['--repo', location, ...args], { env }).then(said, said);
}

/** What CONFIGURATION.md says of restic before 0.17. */
async function mended(): Promise<void> {
  const { location } = scene.repository.place;
  const found = await restic('check', '--read-data');
  const packs = [...found.matchAll(/want ([0-9a-f]{64})|pack ([0-9a-f]{64})/g)].map(
    ([, want, pack]) => want ?? pack ?? '',
  );
  expect(packs.length).toBeGreaterThan(0);
  const away = join(scene.folder, 'damaged');
  mkdirSync(away);
  for (const pack of new Set(packs)) renameSync(join(location, 'data', pack.slice(0, 2), pack), join(away, pack));
  await restic('rebuild-index');
}

it('fails each backup of what has not changed, says where it is written what to do, and is well after that', async () => {
  const before = 'what was before';
  scene.at.held = before;
  const { snapshot: older = '' } = await scene.run('backup');
  const same = large();
  scene.at.held = same;
  const { snapshot: spoilt = '' } = await scene.run('backup', { trigger: { by: 'hand', who: 'ana', anySize: true } });
  const folder = join(scene.folder, 'files');
  mkdirSync(folder);
  writeFileSync(join(folder, 'upload'), large());
  const files = { host: 'files', timeoutMs: 60_000 };
  expect(await scene.repository.backupPaths([folder], files)).toMatchObject({ ok: true });
  scene.corrupt();

  const where = 'how it is mended: CONFIGURATION.md, "When a repository is damaged"';
  expect(readFileSync('CONFIGURATION.md', 'utf8')).toContain('\n### When a repository is damaged\n');
  for (let n = 0; n < 2; n += 1)
    expect(await scene.run('backup')).toMatchObject({ result: 'failed', reason: expect.stringContaining(where) });
  await mended();

  const { result, snapshot = '' } = await scene.run('backup');
  expect(result).toBe('verified');
  for (const [id, content] of [
    [snapshot, same],
    [spoilt, same],
    [older, before],
  ] as const)
    expect(await text(await scene.repository.read(id, 'orders.txt'))).toBe(content);
  const once = await scene.repository.backupPaths([folder], files);
  expect(once.ok || once.kind).toBe('incomplete');
  expect(await scene.repository.backupPaths([folder], files)).toMatchObject({ ok: true });
  expect(await restic('check', '--read-data')).toContain('no errors were found');
});
