import { z } from 'zod';
import type { DockerClient } from '../domain/clients.ts';
import type { ChangedPath } from '../domain/docker-objects.ts';
import { ActionError } from '../domain/errors.ts';
import { inspected, type Inspected } from './inspected.ts';

/** What goes with a container that is removed: `first` of the paths that it has written, and how many more; or why nobody knows. */
export const written = z.union([
  z.object({ first: z.string(), more: z.number().int().nonnegative() }),
  z.object({ unknown: z.string() }),
]);
export type Written = z.infer<typeof written>;

/** What is made again by whoever needs it, or is no file at all. */
const passing = '/tmp /var/tmp /run /var/run /var/cache /var/log /proc /sys /dev'.split(' ');
const engineOwn = '/etc/hosts /etc/hostname /etc/resolv.conf /etc/mtab /.dockerenv'.split(' ');
const tmpfs = z.record(z.string(), z.unknown()).nullish();

/**
 * The paths that a container has added or changed outside of what it mounts, in the engine's order. A directory counts
 * where nothing below it is told, for the engine does not say what is one; what was deleted does not.
 */
export function writtenPaths(changes: readonly ChangedPath[], { Mounts, HostConfig }: Inspected): readonly string[] {
  const mounted = [
    ...(Mounts ?? []).map(({ Destination }) => Destination),
    ...Object.keys(tmpfs.parse(HostConfig['Tmpfs']) ?? {}),
  ].map((path) => path.replace(/(?<=.)\/+$/, ''));
  const apart = new Set([...passing, ...engineOwn, ...mounted]);
  const parents = new Set(changes.flatMap(({ path }) => above(path)));
  return changes
    .filter(({ path, kind }) => kind !== 'deleted' && !parents.has(path))
    .map(({ path }) => path)
    .filter((path) => !apart.has(path) && !above(path).some((one) => apart.has(one)));
}

/** `/a/b/c` → `/a`, `/a/b` */
const above = (path: string): readonly string[] => {
  const parts = path.split('/').slice(1, -1);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
};

/**
 * Asked of the engine, of a container by its full id; undefined: it has written nothing. An engine that does not tell is
 * an answer. Throws ActionError when the signal aborts.
 */
export async function writtenBy(docker: DockerClient, id: string, signal?: AbortSignal): Promise<Written | undefined> {
  try {
    const described = await docker.describe(id, signal);
    if (described === undefined) return undefined;
    const [first, ...others] = writtenPaths(await docker.changes(id, signal), inspected.parse(described));
    return first === undefined ? undefined : { first, more: others.length };
  } catch (error) {
    if (!(error instanceof ActionError) || signal?.aborted === true) throw error;
    return { unknown: error.message };
  }
}
