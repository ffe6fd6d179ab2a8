import type { Restic } from './restic.ts';

/** What to say to a restic that reads about its lock: to wait for a moment where it can, or to do without. */
export async function lockOf({ options, version }: Pick<Restic, 'options' | 'version'>): Promise<readonly string[]> {
  if (options.asksForLocks === false) return ['--no-lock'];
  const { features } = await version();
  return features.retryLock ? ['--retry-lock=10s'] : [];
}
