import type { DockerClient } from '../../domain/clients.ts';
import type { HostFile } from '../../domain/docker-objects.ts';
import type { SeenObject } from '../recorder.ts';
import { type Inspected, nameOfInspected } from '../../docker/inspected.ts';
import { seenFile } from './seen-object.ts';

/**
 * The files of the host that are mounted into containers one by one and read-only, as `-v /srv/app.conf:/etc/app.conf:ro`
 * does: no folders, and nothing that the container itself may write.
 */
export interface MountedFiles {
  /** Those of one container of which something is known, as they are now, or were at last. */
  look(container: Inspected): Promise<readonly SeenObject[]>;
  /** The container of that id is gone. */
  forget(id: string): void;
}

interface Noted {
  readonly file: HostFile;
  readonly seen: SeenObject;
}

export function createMountedFiles({ hostFile }: Pick<DockerClient, 'hostFile'>, place: string): MountedFiles {
  /** By id of a container, then by path in it. */
  const known = new Map<string, ReadonlyMap<string, Noted>>();
  return {
    async look(container) {
      const name = nameOfInspected(container);
      const noted = new Map<string, Noted>();
      for (const { Type, RW, Source, Destination: path } of container.Mounts ?? []) {
        if (Type !== 'bind' || RW) continue;
        const before = known.get(container.Id)?.get(path);
        // What can not be read now is as it was known.
        const file = await hostFile?.(Source, before?.file).catch(() => undefined);
        const isSame = file !== undefined && before?.file.sha256 === file.sha256;
        const now = file && {
          file,
          seen: isSame ? before.seen : seenFile(place, name, path, file, before === undefined),
        };
        const one = now ?? before;
        if (one !== undefined) noted.set(path, one);
      }
      known.set(container.Id, noted);
      return [...noted.values()].map(({ seen }) => seen);
    },
    forget: (id) => void known.delete(id),
  };
}
