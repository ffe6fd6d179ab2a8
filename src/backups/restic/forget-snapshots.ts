import type { Bounds, Restic } from './restic.ts';
import { failed } from './restic-failure.ts';
import { fullId } from './full-id.ts';
import { listSnapshots } from './snapshots.ts';

/**
 * Forgets these snapshots and no other, and proves it: restic itself ends well when it has found none of them. Answers which
 * were there. What they alone hold stays in the repository until `prune`.
 */
export async function forgetSnapshots(restic: Restic, ids: readonly string[], bounds: Bounds): Promise<string[]> {
  const wanted = new Set(ids.map(fullId));
  const before = await listSnapshots(restic, {}, bounds);
  const there = before.map(({ id }) => id).filter((id) => wanted.has(id));
  // Without an id it would be about all of them.
  if (there.length === 0) return [];
  await restic.run('forget snapshots', ['forget', ...there], bounds);
  const after = new Set((await listSnapshots(restic, {}, bounds)).map(({ id }) => id));
  const left = there.filter((id) => after.has(id));
  const lost = before.map(({ id }) => id).filter((id) => !wanted.has(id) && !after.has(id));
  const act = `restic did not forget snapshots (${restic.place.name}) as it was asked to`;
  if (left.length > 0) throw failed('other', `${act}: ${left.join(', ')} is still there`);
  if (lost.length > 0) throw failed('other', `${act}: ${lost.join(', ')} went as well, by it or by somebody else`);
  return there;
}
