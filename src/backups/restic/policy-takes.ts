import { z } from 'zod';
import type { Keep } from '../../domain/backup-source.ts';
import { UserError } from '../../domain/errors.ts';
import type { Bounds, Restic } from './restic.ts';
import { failed } from './restic-failure.ts';

const ages = ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;
const groups = z.array(z.object({ remove: z.array(z.object({ id: z.string().regex(/^[0-9a-f]{64}$/) })).nullish() }));

/**
 * The ids that `forget --keep-…` would take of the snapshots with this host and tag, each age counted by restic; it forgets
 * none. Throws UserError for a policy that keeps nothing.
 */
export async function policyTakes(
  restic: Restic,
  of: { readonly host: string; readonly tag: string },
  keep: Keep,
  bounds: Bounds,
): Promise<string[]> {
  const kept = ages.flatMap((age) => ((keep[age] ?? 0) > 0 ? [`--keep-${age}=${keep[age]}`] : []));
  if (kept.length === 0) throw new UserError(`what is kept of ${of.host} would be nothing at all`);
  // By default each set of paths would be a group of its own, with so many of each kept.
  const args = ['forget', '--dry-run', '--json', `--host=${of.host}`, `--tag=${of.tag}`, '--group-by=host', ...kept];
  const lines = await restic.run('say what would be forgotten', args, bounds);
  const text = lines.join('\n').trim();
  // Without a snapshot it says nothing.
  if (text === '') return [];
  try {
    return groups.parse(JSON.parse(text)).flatMap(({ remove }) => (remove ?? []).map(({ id }) => id));
  } catch (error) {
    const sentence = `restic did not say what would be forgotten (${restic.place.name}): its answer is not what restic says`;
    throw Object.assign(failed('other', sentence), { cause: error });
  }
}
