import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hostFiles } from './host-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'paramedic-host-file-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('all that are asked for at once are read', async () => {
  const read = hostFiles();
  const paths = Array.from({ length: 20 }, (_, at) => join(folder, String(at)));
  for (const path of paths) writeFileSync(path, path);
  const told = await Promise.all(paths.map((path) => read(path, undefined)));
  expect(told.map((one) => one?.size)).toEqual(paths.map((path) => path.length));
});

it('only what is not there, or is no file, is nothing; what can not be read is an error, and the next one is read', async () => {
  const read = hostFiles();
  writeFileSync(join(folder, 'file'), 'x');
  writeFileSync(join(folder, 'large'), '');
  truncateSync(join(folder, 'large'), 2 * 2 ** 20);
  symlinkSync('loop', join(folder, 'loop'));
  const asked = ['absent', 'file/below', '.', 'loop', 'large', 'file'].map((name) =>
    read(join(folder, name), undefined),
  );
  expect(await Promise.allSettled(asked)).toMatchObject([
    { value: undefined },
    { value: undefined },
    { value: undefined },
    { reason: { name: 'ActionError', message: expect.stringContaining('ELOOP') as string } },
    { value: { sha256: '' } },
    { value: { size: 1 } },
  ]);
});
