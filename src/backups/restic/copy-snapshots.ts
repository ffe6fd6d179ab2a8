import type { RepositoryPlace } from '../../domain/backup.ts';
import type { Bounds, Restic } from './restic.ts';
import { failed } from './restic-failure.ts';
import { fullId } from './full-id.ts';
import { listSnapshots } from './snapshots.ts';

/**
 * Copies snapshots from one repository to another, and answers what each is called there. One that is there already is not
 * copied again. Throws ResticError unless all of them are there afterwards, with the same content.
 */
export async function copySnapshots(
  from: Restic,
  to: Restic,
  ids: readonly string[],
  bounds: Bounds,
): Promise<ReadonlyMap<string, string>> {
  const wanted = new Set(ids.map(fullId));
  // Without an id it would be about all of them.
  if (wanted.size === 0) return new Map();
  const here = (await listSnapshots(from, {}, bounds)).filter(({ id }) => wanted.has(id));
  const missing = [...wanted].find((id) => !here.some((snapshot) => snapshot.id === id));
  if (missing !== undefined) throw failed('not-found', `there is no snapshot ${missing} in ${from.place.name} to copy`);
  const source: RepositoryPlace = from.place;
  const act = `copy snapshots from ${source.name}`;
  await to.run(act, ['copy', ...wanted], bounds, { from: source });
  const there = await listSnapshots(to, {}, bounds);
  return new Map(
    here.map(({ id, original, tree }) => {
      const copy = there.find((one) => one.tree === tree && (one.original ?? one.id) === (original ?? id));
      if (copy === undefined)
        throw failed('other', `restic did not ${act}: ${id} is not in ${to.place.name} afterwards`);
      return [id, copy.id];
    }),
  );
}
