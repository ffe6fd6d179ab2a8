import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pack as packTar } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Clients } from '../../../domain/clients.ts';
import { isPaths } from '../../source-kind.ts';
import { hostPaths } from './host-paths.ts';
import { takeInventory } from './inventory.ts';

const clients: Clients = { docker: new Map(), kubernetes: new Map() };
const { signal } = new AbortController();

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'paramedic-host-paths-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function opened(...paths: string[]) {
  const produced = await hostPaths.open({ paths }, clients, signal, 60_000);
  if (!isPaths(produced)) throw new Error('it is a tree');
  return produced;
}

describe('what it takes to set this machine up again', () => {
  it('is what its programs list, beside the files, in a folder that nobody else reads and that goes again', async () => {
    const { paths, remove } = await opened(folder);
    const [lists = '', ...rest] = paths;
    expect(rest.filter((path) => path !== '/var/spool/cron')).toEqual([folder]);
    // This is a Debian: tests need apt-get.
    const packages = readFileSync(join(lists, 'packages-dpkg.txt'), 'utf8');
    expect(packages).toMatch(/^dpkg\t\S+\t\S+\tii ?$/m);
    expect(packages.trimEnd().split('\n')).toEqual(packages.trimEnd().split('\n').toSorted());
    expect(readdirSync(lists)).toContain('packages-asked-for.txt');
    expect(statSync(lists).mode & 0o777).toBe(0o700);
    await remove?.();
    expect(existsSync(lists)).toBe(false);
  });

  it('is read by two at once without one taking away what the other has listed', async () => {
    const [one, other] = await Promise.all([opened(folder), opened(folder)]);
    await one.remove?.();
    expect(readdirSync(other.paths[0] ?? '')).toContain('packages-dpkg.txt');
    await other.remove?.();
  });

  it('is no recovery point without what was listed', async () => {
    const tar = async (names: Readonly<Record<string, string>>) => {
      const pack = packTar();
      for (const [name, content] of Object.entries(names)) pack.entry({ name }, content);
      pack.finalize();
      return hostPaths.examine(pack as unknown as Readable, { paths: ['/etc'] });
    };
    const hosts = { 'etc/hosts': 'x' };
    const refused = { refused: 'there is no list of packages or units in it' };
    expect(await tar(hosts)).toEqual(refused);
    expect(await tar({ ...hosts, 'tmp/paramedic-host-1/packages-dpkg.txt': '' })).toEqual(refused);
    expect(await tar({ ...hosts, 'srv/packages-dpkg.txt': 'x' })).toEqual(refused);
    expect(await tar({ ...hosts, 'tmp/paramedic-host-1/units-enabled.txt': 'cron' })).toMatchObject({
      shape: { counts: { files: 2 } },
    });
  });

  it('has no list of a program that is not there, and is no backup when one fails or none is there', async () => {
    vi.stubEnv('TMPDIR', folder);
    onTestFinished(() => void vi.unstubAllEnvs());
    const there = { file: 'a.txt', argv: ['printf', 'b\\n\\na\\n'] };
    const absent = { file: 'b.txt', argv: ['paramedic-no-such-program'] };
    const { folder: lists, remove } = await takeInventory(signal, [absent, there]);
    expect(readdirSync(lists)).toEqual(['a.txt']);
    expect(readFileSync(join(lists, 'a.txt'), 'utf8')).toBe('a\nb\n');
    await remove();
    const fails = { file: 'c.txt', argv: ['sh', '-c', 'echo half; echo the database is locked >&2; exit 2'] };
    await expect(takeInventory(signal, [there, fails])).rejects.toThrow(
      'sh ended with exit code 2: the database is locked',
    );
    await expect(takeInventory(signal, [absent])).rejects.toThrow('there is no program here that lists');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is of /etc where nothing is named, of no link, and is put back by nobody', async () => {
    expect(hostPaths.params.parse({})).toEqual({ paths: ['/etc'] });
    expect(hostPaths.params.safeParse({ paths: ['etc'] }).success).toBe(false);
    mkdirSync(join(folder, 'real'));
    symlinkSync('real', join(folder, 'link'));
    await expect(opened(join(folder, 'link'))).rejects.toThrow(`is a symbolic link: name ${join(folder, 'real')}`);
    expect(hostPaths.restore).toBeUndefined();
  });
});
