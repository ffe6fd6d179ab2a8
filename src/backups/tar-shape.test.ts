import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, describe, expect, test } from 'vitest';
import { endsAsTar, tarShape } from './tar-shape.ts';

const folder = mkdtempSync(join(tmpdir(), 'paramedic-tar-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
mkdirSync(join(folder, 'a/b'), { recursive: true });
writeFileSync(join(folder, 'a/empty'), '');
writeFileSync(join(folder, 'a/one'), 'x'.repeat(700_000));
symlinkSync('one', join(folder, 'a/link'));
const archive = execFileSync('tar', ['-C', folder, '-cf', '-', 'a'], { maxBuffer: 2 ** 24 });

/** In pieces that end nowhere in particular. */
const stream = (whole: Buffer): Readable =>
  Readable.from(
    (function* () {
      for (let from = 0; from < whole.length; from += 50_001) yield whole.subarray(from, from + 50_001);
    })(),
  );

describe('an archive', () => {
  test('is counted', async () => {
    expect(await tarShape(stream(archive))).toEqual({
      shape: { bytes: 700_000, counts: { files: 2, directories: 2, others: 1 } },
    });
  });

  test.each([0, 0.1, 0.5, 0.99])('that was cut at %d of its length is refused', async (part) => {
    const cut = archive.subarray(0, Math.floor(700_000 * part));
    expect(await tarShape(stream(cut))).toHaveProperty('refused');
  });

  test('that was cut between two entries is refused', async () => {
    // Two entries of 512 bytes each, of directories or empty files.
    const small = execFileSync('tar', ['-C', folder, '-cf', '-', 'a/b', 'a/empty']);
    expect(await tarShape(stream(small.subarray(0, 512)))).toEqual({
      refused: 'it is no whole archive: it ends after 512 bytes without an end of its own',
    });
  });

  test('in which something else stands is refused', async () => {
    const broken = Buffer.from(archive);
    broken.write('no header at all', 512);
    expect(await tarShape(stream(broken))).toHaveProperty('refused');
  });

  test('that breaks while it is read is no answer', async () => {
    const breaks = Readable.from(
      (async function* () {
        yield archive.subarray(0, 1_000);
        throw new Error('gone');
      })(),
    );
    await expect(tarShape(breaks)).rejects.toThrow('gone');
  });

  test('ends with two blocks of nothing', () => {
    expect(endsAsTar(archive)).toBe(true);
    expect(endsAsTar(archive.subarray(0, 900_000 > archive.length ? 1_000 : 5_000))).toBe(false);
    expect(endsAsTar(Buffer.alloc(1_023))).toBe(false);
  });
});
