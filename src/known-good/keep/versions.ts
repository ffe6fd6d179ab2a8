import type { Version } from '../../domain/known-good.ts';
import type { SeenObject } from '../recorder.ts';

/** The platform's word for when it was written, unless it has none or tells of a time before the version it replaces. */
export function versionOf({ version }: SeenObject, last: Version | undefined, now: number): Version {
  const told = version.at > 0 && version.at >= (last?.at ?? 0);
  return told ? version : { ...version, at: now };
}

/** The newest so many, and after them each content that a known-good needs and that is not among those. */
export function keptVersions(
  all: readonly Version[],
  most: number,
  needed: (hash: string) => boolean,
): readonly Version[] {
  if (all.length <= most) return all;
  const kept = all.slice(0, most);
  const hashes = new Set(kept.map(({ hash }) => hash));
  for (const version of all.slice(most)) {
    if (hashes.has(version.hash) || !needed(version.hash)) continue;
    hashes.add(version.hash);
    kept.push(version);
  }
  return kept;
}
