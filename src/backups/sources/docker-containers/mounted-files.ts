import { access } from 'node:fs/promises';
import type { DockerClient } from '../../../domain/clients.ts';
import { messageOf } from '../../../domain/errors.ts';
import type { Inspected } from '../../../docker/inspected.ts';
import { type FileOfHost, readHostFile } from '../../host-file-of.ts';
import { sightOf } from '../../sees-host.ts';
import { fewOf } from './few-of.ts';

interface MountedFiles {
  readonly files: readonly FileOfHost[];
  /** What is not among them: a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Files of the host that containers mount, of up to 1 MiB, also those that they may write to: Compose has a configuration so
 * unless somebody says otherwise. Of folders and sockets nothing is said. Throws ActionError, also when a file that containers
 * only read can not be read: what they may write to is data as often as not, and is told.
 */
export async function mountedFiles(
  docker: DockerClient,
  containers: readonly Pick<Inspected, 'Mounts'>[],
  signal: AbortSignal,
): Promise<MountedFiles> {
  const mounts = containers.flatMap(({ Mounts }) => (Mounts ?? []).filter(({ Type }) => Type === 'bind'));
  if (mounts.length === 0) return { files: [], notes: [] };
  const written = new Set(mounts.filter(({ RW }) => RW).map(({ Source }) => Source));
  const onlyRead = new Set(mounts.map(({ Source }) => Source).filter((path) => !written.has(path)));
  const { sees, why } = await sightOf(docker, signal);
  const [files, large, unseen, unread]: [FileOfHost[], string[], string[], string[]] = [[], [], [], []];
  const look = async (path: string): Promise<unknown> => {
    if (!sees(path)) return unseen.push(path);
    const told = await docker.hostFile?.(path, undefined);
    if (told === undefined) return (await isThere(path)) || unseen.push(path);
    if (told.sha256 === '') return large.push(path);
    // What is written to at any time is taken as it is now.
    return files.push(await readHostFile(path, written.has(path) ? undefined : told));
  };
  // Where one hangs, no other is looked at after it.
  for (const path of [...onlyRead].toSorted()) await look(path);
  for (const path of [...written].toSorted())
    await look(path).catch((error: unknown) => unread.push(`${path} (${messageOf(error)})`));
  const noteOf = (what: string, paths: readonly string[]): readonly string[] =>
    paths.length > 0 ? [`${what}: ${fewOf(paths)}`] : [];
  return {
    files: files.toSorted((one, other) => (one.path < other.path ? -1 : 1)),
    notes: [
      ...noteOf(
        `what containers mount of the host and is not to be seen from here is not in it, because ${why}`,
        unseen,
      ),
      ...noteOf('files of the host of more than 1 MiB are data, and not in it', large),
      ...noteOf('what containers may write to on the host and could not be read is not in it', unread),
    ],
  };
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
