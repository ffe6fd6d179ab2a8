import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DockerClient } from '../domain/clients.ts';
import { signOfContainer } from './sources/host-paths/in-container.ts';

/** Which paths of an engine's host lead to the very same files here. */
export interface Sight {
  readonly sees: (path: string) => boolean;
  /** Why not all of them do, and what to do about it: a clause. */
  readonly why: string;
}

/**
 * A Paramedic in a container that has the engine's socket sees files of its own under the paths of the host, which must not be
 * taken for those: only what is mounted into it under the same path is. `root`: what it looks at. Throws ActionError.
 */
export async function sightOf(docker: DockerClient, signal: AbortSignal, root = '/'): Promise<Sight> {
  if (docker.hostFile === undefined) return { sees: () => false, why: 'the engine is on another machine' };
  const all: Sight = { sees: () => true, why: 'it is not there under that path' };
  const sign = await signOfContainer(root);
  if (sign === undefined) return all;
  // The engine runs in the same container.
  const { DockerRootDir } = await docker.info(signal);
  if (typeof DockerRootDir === 'string' && (await isThere(join(root, DockerRootDir)))) return all;
  const mounts = mountsIn(await readFile(join(root, 'proc/self/mountinfo'), 'utf8').catch(() => ''));
  return {
    sees: (path) => isSamePath(path, mounts),
    why: `Paramedic is in a container (${sign}), and it is not mounted there under the same path`,
  };
}

interface Mounted {
  /** Of its own file system. */
  readonly from: string;
  readonly at: string;
}

const mountsIn = (mountinfo: string): readonly Mounted[] =>
  mountinfo.split('\n').flatMap((line) => {
    const [, , , from, at] = line.split(' ').map(unescaped);
    return from === undefined || at === undefined ? [] : [{ from, at }];
  });
const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** The innermost mount counts, of two in one place the last one. Where the host has a disk of its own, its path begins there. */
function isSamePath(path: string, mounts: readonly Mounted[]): boolean {
  const over = mounts.filter(({ at }) => path === at || path.startsWith(at === '/' ? at : `${at}/`));
  const { from, at } = over.reduce((one, other) => (other.at.length >= one.at.length ? other : one), nowhere);
  return from !== '/' && from !== '' && at.endsWith(from);
}
const nowhere: Mounted = { from: '', at: '' };

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
