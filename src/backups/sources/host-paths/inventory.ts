import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ActionError } from '../../../domain/errors.ts';
import { endOf } from '../../end-of.ts';
import { runCommand } from '../command/run-command.ts';

/** What a program of the machine lists, and in which file it is written. */
export interface List {
  readonly file: string;
  readonly argv: readonly string[];
  /** Below the root: one of what it reads has to be there. A machine has not what each program of ours could list. */
  readonly of?: readonly string[];
}

/** All of them only read, what is below that root. */
const listsOf = (root: string): readonly List[] => [
  {
    file: 'packages-dpkg.txt',
    argv: [
      'dpkg-query',
      `--admindir=${join(root, 'var/lib/dpkg')}`,
      '-W',
      '-f',
      '${Package}\\t${Version}\\t${Architecture}\\t${db:Status-Abbrev}\\n',
    ],
    of: ['var/lib/dpkg/status'],
  },
  // What somebody has asked for; the rest came with that. It caches nothing: there may be no right to write.
  {
    file: 'packages-asked-for.txt',
    argv: [
      'apt-mark',
      `-o=Dir::State=${join(root, 'var/lib/apt')}`,
      `-o=Dir::Etc=${join(root, 'etc/apt')}`,
      `-o=Dir::State::status=${join(root, 'var/lib/dpkg/status')}`,
      '-o=Dir::Cache::pkgcache=',
      '-o=Dir::Cache::srcpkgcache=',
      'showmanual',
    ],
    of: ['var/lib/apt'],
  },
  {
    file: 'packages-rpm.txt',
    argv: ['rpm', `--root=${root}`, '-qa', '--qf', '%{NAME}\\t%{VERSION}-%{RELEASE}\\t%{ARCH}\\n'],
    of: ['var/lib/rpm', 'usr/lib/sysimage/rpm'],
  },
  // By the files of the machine, and not by its systemd: in a container there is none to be asked.
  {
    file: 'units-enabled.txt',
    argv: ['systemctl', `--root=${root}`, 'list-unit-files', '--state=enabled', '--no-legend', '--no-pager', '--plain'],
    of: ['etc/systemd'],
  },
];

/** A folder with lists of what is on this machine. */
export interface Inventory {
  /** Absolute, and of this one alone: two may be taken at once. */
  readonly folder: string;
  remove(): Promise<void>;
}

/** Whether an entry of a tree is one of those lists. */
export const isList = (path: string): boolean => {
  const [, file] = /(?:^|\/)paramedic-host-[^/]+\/([^/]+)$/.exec(path) ?? [];
  return listsOf('/').some((list) => list.file === file);
};

/**
 * Writes the lists of those programs that are there, of what is below `root`. Throws ActionError when one of them fails, or
 * none is there.
 */
export async function takeInventory(signal: AbortSignal, root = '/', lists = listsOf(root)): Promise<Inventory> {
  const folder = await mkdtemp(join(tmpdir(), 'paramedic-host-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    let written = 0;
    for (const { file, argv, of } of lists) {
      if (of !== undefined && !of.some((path) => existsSync(join(root, path)))) continue;
      const said = await listOf(argv, signal);
      if (said === undefined) continue;
      await writeFile(join(folder, file), said, { mode: 0o600 });
      written += 1;
    }
    if (written > 0) return { folder, remove };
    throw new ActionError(`there is no program here that lists packages or units of ${root}`, 'not-found', false);
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Its lines, sorted; undefined: there is no such program. */
async function listOf(argv: readonly string[], signal: AbortSignal): Promise<string | undefined> {
  const running = await runCommand(argv, { LC_ALL: 'C' }, signal).catch((error: unknown) => {
    if (error instanceof ActionError && error.reason === 'not-found') return undefined;
    throw error;
  });
  if (running === undefined) return undefined;
  const said = await text(running.stdout);
  const ended = await running.ended;
  if (ended !== 0)
    throw new ActionError(`${argv[0]} ended ${endOf(ended, running.complaint())}`, 'server-error', false);
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  return lines
    .toSorted()
    .map((line) => `${line}\n`)
    .join('');
}
