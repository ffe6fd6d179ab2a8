import type { DockerClient } from '../../domain/clients.ts';
import type { SeenObject } from '../recorder.ts';
import { type Inspected, nameOfInspected } from './inspected.ts';
import { type NotedFile, seenFile } from './seen-object.ts';

/** A larger file is data. Bytes. */
const mostBytes = 1_048_576;

/** The files of the host that are mounted into containers one by one, as `-v /srv/app.conf:/etc/app.conf` does; no folders. */
export interface MountedFiles {
  /** Of one container, as it sees them. Reads what is in one only when it was written since the last time. Throws ActionError. */
  look(container: Inspected, signal: AbortSignal): Promise<readonly SeenObject[]>;
  /** The container of that id is gone. */
  forget(id: string): void;
}

export function createMountedFiles(client: DockerClient, place: string): MountedFiles {
  /** By id of a container, then by path. */
  const known = new Map<string, ReadonlyMap<string, NotedFile>>();
  const note = async (id: string, path: string, signal: AbortSignal): Promise<NotedFile | undefined> => {
    const file = await client.file(id, path, signal);
    if (file === undefined || file.size > mostBytes) return undefined;
    const before = known.get(id)?.get(path);
    if (before?.size === file.size && before.modifiedAt === file.modifiedAt) return before;
    const sha256 = await client.fileDigest(id, path, signal);
    return sha256 === undefined ? undefined : { ...file, sha256 };
  };
  return {
    async look(container, signal) {
      const found = new Map<string, NotedFile>();
      for (const { Type, Destination: path } of container.Mounts ?? []) {
        const file = Type === 'bind' ? await note(container.Id, path, signal) : undefined;
        if (file !== undefined) found.set(path, file);
      }
      known.set(container.Id, found);
      return [...found].map(([path, file]) => seenFile(place, nameOfInspected(container), path, file));
    },
    forget: (id) => void known.delete(id),
  };
}
