import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Clients } from '../../../domain/clients.ts';
import { path } from './path.ts';

const clients: Clients = { docker: new Map(), kubernetes: new Map() };
const open = (...paths: string[]) => path.open({ paths }, clients, new AbortController().signal, 60_000);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'paramedic-path-'));
  mkdirSync(join(folder, 'release-2'));
  symlinkSync('release-2', join(folder, 'current'));
  symlinkSync('nowhere', join(folder, 'broken'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('files of this machine', () => {
  test('are backed up by their paths', async () => {
    expect(await open(join(folder, 'release-2'))).toEqual({ paths: [join(folder, 'release-2')] });
  });

  test('are not by a link to them, of which only the link would be kept', async () => {
    await expect(open(join(folder, 'release-2'), join(folder, 'current'))).rejects.toThrow(
      `${join(folder, 'current')} is a symbolic link: name ${join(folder, 'release-2')}`,
    );
    await expect(open(join(folder, 'broken'))).rejects.toThrow('is a symbolic link: name what it leads to');
  });

  test('have absolute paths', () => {
    expect(path.params.safeParse({ paths: ['relative'] }).success).toBe(false);
    expect(path.params.safeParse({ paths: [] }).success).toBe(false);
  });
});
