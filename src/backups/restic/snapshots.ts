import { z } from 'zod';
import type { Snapshot } from '../../domain/backup.ts';
import type { Bounds, Restic } from './restic.ts';
import { failed } from './restic-failure.ts';

/** With what only copying needs to know. */
export interface ListedSnapshot extends Snapshot {
  /** What its tree is called: the same content has the same name in every repository. */
  readonly tree: string;
  /** What the first one was called, when it is a copy. */
  readonly original?: string;
}

export interface SnapshotFilter {
  readonly host?: string | undefined;
  readonly tag?: string | undefined;
}

const hex64 = z.string().regex(/^[0-9a-f]{64}$/);
const listed = z.array(
  z.object({
    id: hex64,
    time: z.string(),
    hostname: z.string(),
    tags: z.array(z.string()).nullish(),
    paths: z.array(z.string()),
    tree: hex64,
    original: hex64.optional(),
  }),
);

/** All snapshots that fit, the oldest first. It asks for no lock: to look is always possible. */
export async function listSnapshots(
  restic: Restic,
  { host, tag }: SnapshotFilter,
  bounds: Bounds,
): Promise<ListedSnapshot[]> {
  const filter = [...(host === undefined ? [] : [`--host=${host}`]), ...(tag === undefined ? [] : [`--tag=${tag}`])];
  const act = 'list the snapshots';
  const lines = await restic.run(act, ['snapshots', '--json', '--no-lock', ...filter], bounds);
  return parseList(lines.join('\n'), restic)
    .map(({ id, time, hostname, tags, paths, tree, original }) => ({
      id,
      at: Date.parse(time),
      host: hostname,
      tags: tags ?? [],
      paths,
      tree,
      ...(original !== undefined && { original }),
    }))
    .toSorted((a, b) => a.at - b.at);
}

function parseList(text: string, { place }: Restic): z.output<typeof listed> {
  try {
    return listed.parse(JSON.parse(text));
  } catch (error) {
    const sentence = `restic did not list the snapshots (${place.name}): its answer is not what restic says`;
    throw Object.assign(failed('other', sentence), { cause: error });
  }
}
