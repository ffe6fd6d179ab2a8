import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pack as packTar } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Clients } from '../../../domain/clients.ts';
import { isPaths } from '../../source-kind.ts';
import { hostPaths, hostPathsOf } from './host-paths.ts';
import { signOfContainer } from './in-container.ts';
import { takeInventory } from './inventory.ts';

const clients: Clients = { docker: new Map(), kubernetes: new Map() };
const { signal } = new AbortController();

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'paramedic-host-paths-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Tests may be run in a container, and these are not about that. */
const onMachine = hostPathsOf(async () => undefined);

async function opened(...paths: string[]) {
  const produced = await onMachine.open({ paths }, clients, signal, 60_000);
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
    const { folder: lists, remove } = await takeInventory(signal, '/', [absent, there]);
    expect(readdirSync(lists)).toEqual(['a.txt']);
    expect(readFileSync(join(lists, 'a.txt'), 'utf8')).toBe('a\nb\n');
    await remove();
    const fails = { file: 'c.txt', argv: ['sh', '-c', 'echo half; echo the database is locked >&2; exit 2'] };
    await expect(takeInventory(signal, '/', [there, fails])).rejects.toThrow(
      'sh ended with exit code 2: the database is locked',
    );
    await expect(takeInventory(signal, '/', [absent])).rejects.toThrow('there is no program here that lists');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is of /etc where nothing is named, of no link, and is put back by nobody', async () => {
    expect(hostPaths.params.parse({})).toEqual({ paths: ['/etc'], root: '/' });
    expect(hostPaths.params.safeParse({ paths: ['etc'] }).success).toBe(false);
    mkdirSync(join(folder, 'real'));
    symlinkSync('real', join(folder, 'link'));
    await expect(opened(join(folder, 'link'))).rejects.toThrow(`is a symbolic link: name ${join(folder, 'real')}`);
    expect(hostPaths.restore).toBeUndefined();
  });
});

const written = (files: Readonly<Record<string, string>>): void => {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
};

describe('in a container', () => {
  const inside = hostPathsOf(async () => '/.dockerenv is there');

  it('is nothing of its own files, and says what to do', async () => {
    for (const root of [undefined, '/', '//./'])
      await expect(inside.open({ paths: ['/etc'], root }, clients, signal, 60_000)).rejects.toThrow(
        "Paramedic is in a container (/.dockerenv is there), and these would be its own files, not those of the machine: mount the machine's / into it read-only (-v /:/host:ro) and say root: /host, or run Paramedic on the machine",
      );
  });

  it('is of the machine whose root is mounted there: packages, units, crontabs and paths', async () => {
    const shop = ['Package: shop', 'Status: install ok installed', 'Architecture: all', 'Version: 1.2'];
    const unit = 'etc/systemd/system/shop.service';
    written({
      'var/lib/dpkg/status': `${[...shop, 'Maintainer: a', 'Description: b'].join('\n')}\n\n`,
      'var/lib/apt/extended_states': '',
      'var/spool/cron/crontabs/ana': '0 4 * * * true\n',
      'etc/kubernetes/pki/ca.crt': 'a certificate',
      [unit]: '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n',
    });
    mkdirSync(join(folder, 'etc/systemd/system/multi-user.target.wants'));
    symlinkSync(`/${unit}`, join(folder, 'etc/systemd/system/multi-user.target.wants/shop.service'));
    const produced = await inside.open({ paths: ['/etc/kubernetes'], root: folder }, clients, signal, 60_000);
    if (!isPaths(produced)) throw new Error('it is a tree');
    const [lists = '', ...rest] = produced.paths;
    onTestFinished(() => produced.remove?.());
    expect(rest).toEqual([join(folder, 'etc/kubernetes'), join(folder, 'var/spool/cron')]);
    const list = (name: string): string => readFileSync(join(lists, name), 'utf8');
    expect(list('packages-dpkg.txt')).toBe('shop\t1.2\tall\tii \n');
    expect(list('packages-asked-for.txt')).toBe('shop\n');
    if (existsSync(join(lists, 'units-enabled.txt'))) expect(list('units-enabled.txt')).toMatch(/^shop\.service /);
  });

  it('that has nothing of a machine below its root is no backup of one', async () => {
    await expect(inside.open({ paths: ['/etc'], root: folder }, clients, signal, 60_000)).rejects.toThrow(
      `there is no program here that lists packages or units of ${folder}`,
    );
  });
});

describe('that it is in a container shows', () => {
  const overlay = (lower: string) => `1 2 0:3 / / rw - overlay overlay rw,lowerdir=${lower},upperdir=/a`;
  it.each([
    ['.dockerenv', '', '/.dockerenv is there'],
    ['run/.containerenv', '', '/run/.containerenv is there'],
    ['proc/self/mountinfo', overlay('/var/lib/docker/overlay2/l/A'), '/ is the layers of an image'],
    [
      'proc/self/mountinfo',
      overlay('/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs'),
      '/ is the layers of an image',
    ],
    ['proc/self/cgroup', '4:cpu:/kubepods/burstable/pod1/2\n', 'its control group is that of a container'],
    ['proc/self/cgroup', '0::/system.slice/docker-12ab.scope\n', 'its control group is that of a container'],
  ])('in %s: %s', async (path, content, said) => {
    written({ [path]: content });
    expect(await signOfContainer(folder)).toBe(said);
  });

  it.each([
    [
      'proc/self/mountinfo',
      '1 2 8:1 / / rw - ext4 /dev/sda1 rw\n3 1 0:4 / /var/lib/docker/overlay2/a/merged rw - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/A',
    ],
    ['proc/self/mountinfo', overlay('/media/root-ro')],
    ['proc/self/cgroup', '0::/system.slice/paramedic.service\n'],
    ['proc/self/cgroup', '0::/lxc.payload.shop/init.scope\n'],
  ])('in nothing of a machine: %s: %s', async (path, content) => {
    written({ [path]: content });
    expect(await signOfContainer(folder)).toBeUndefined();
  });
});
