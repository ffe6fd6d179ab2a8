import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { volumeShape } from './volume-shape.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'paramedic-volume-'));
  mkdirSync(join(folder, 'volume'));
  writeFileSync(join(folder, 'volume/one'), '1');
});
afterEach(() => rmSync(folder, { recursive: true }));

const left = (path: string): void => void mkdirSync(join(folder, 'volume', path), { recursive: true });
/** As an engine hands a volume out, and as tar in a pod does. */
const archives = () =>
  [
    ['-C', folder, 'volume'],
    ['-C', join(folder, 'volume'), '.'],
  ].map((what) => volumeShape(Readable.from([execFileSync('tar', ['-cf', '-', ...what])])));

it.each(['old', 'was'])('what is half exchanged, with some of it in %s, is refused', async (name) => {
  left(`.paramedic-0123456789ab/${name}`);
  for (const examined of await Promise.all(archives()))
    expect(examined).toEqual({
      refused: expect.stringMatching(/^a restore was broken off .* \(folder \.paramedic-0123456789ab in it/),
    });
});

it('what was only unpacked beside it is in nobody’s way, nor is what others call so', async () => {
  for (const path of ['.paramedic-0123456789ab/new/old', '.paramedic-shop/old', 'shop/.paramedic-0123456789ab/was'])
    left(path);
  for (const examined of await Promise.all(archives()))
    expect(examined).toMatchObject({ shape: { bytes: 1, counts: { files: 1 } } });
});
