import { isAhead, newestFirst } from '../domain/ahead-of-clock.ts';
import type { BackupSource, Keep } from '../domain/backup-source.ts';
import type { Clock } from '../domain/clock.ts';
import type { Verdict } from '../domain/verdict.ts';
import { clearLocks } from './clear-locks.ts';
import { isOurs } from './identities.ts';
import { dataTag, identityTags, pointsOf, pointTag, savedTag } from './manifest.ts';
import type { Repository } from './restic/repository.ts';
import { retention } from './retention.ts';

/** So long somebody may want back what was there before something was brought back in its place, ms. */
const savedMs = 30 * 86_400_000;

/** Forgets what the source's `keep` does not keep, and nothing that is not of that identity. The caller has the exclusive lane. Throws ResticError. */
export async function forgetOld(
  { name, keep }: Pick<BackupSource, 'name' | 'keep'>,
  identity: string | undefined,
  repository: Repository,
  clock: Clock,
  signal: AbortSignal,
): Promise<Verdict> {
  const cleared = await clearLocks(repository, clock.now(), signal);
  if (!cleared.ok) return cleared;
  const there = await repository.snapshots({ host: name, signal });
  const all = there.filter((one) => isOurs(one, identity));
  const points = pointsOf(all);
  const data = all
    .filter(({ tags }) => tags.includes(dataTag))
    .map(({ id, at }) => ({ snapshot: id, at, ...(points.has(id) && { point: points.get(id)?.id ?? '' }) }));
  // What is written beside a snapshot that somebody has forgotten by hand would be counted for one that is there.
  const ids = new Set(data.map(({ snapshot }) => snapshot));
  const orphans = [...points].flatMap(([of, { id }]) => (ids.has(of) ? [] : [id]));
  if (orphans.length > 0) await repository.forget(orphans, { signal });
  // Another one's would take the places of ours. What does not say whose it is is not counted then, and stays.
  const tag = all.length < there.length ? [pointTag, ...identityTags(identity)].join(',') : pointTag;
  const ahead = [...points.values()].filter(({ at }) => isAhead(at, clock.now())).length;
  const taken = await repository.policyTakes({ host: name, tag }, withPlacesFor(ahead, keep), { signal });
  const { forget: old, verdict } = retention(newestFirst(data, clock.now()), taken, clock.now());
  const saved = all.filter(({ tags, at }) => tags.includes(savedTag) && clock.now() - at > savedMs).map(({ id }) => id);
  const forget = [...old, ...saved];
  if (forget.length > 0) await repository.forget(forget, { signal });
  return verdict;
}

/** To restic those ahead of the clock are the newest: as many more of each age, so that they take no true one's place. */
const withPlacesFor = (ahead: number, keep: Keep): Keep =>
  Object.fromEntries(Object.entries(keep).map(([age, many]) => [age, many > 0 ? many + ahead : 0]));
