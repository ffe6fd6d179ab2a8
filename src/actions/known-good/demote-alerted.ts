import type { KnownGood, Recall, Remembered, Version } from '../../domain/known-good.ts';
import { ourManager } from '../../domain/our-writes.ts';
import { presentOf } from '../../known-good/changes/best.ts';

/** How often one is demoted anew that goes on to be alerted about, ms: it is forgiven once it was well for the blame window. */
const againMs = 300_000;

/**
 * A known-good that was alerted about within the blame window of its stamp has failed, whatever its pods say: a Service that
 * leads to the wrong port has pods that are ready. What fired before it came says nothing of it. `began`: when the alerts
 * about the target that fire now began; both in ms since the epoch. Rejects when Redis does not answer.
 */
export async function demoteAlerted(
  target: string,
  began: readonly number[],
  knownGood: Recall,
  now: number,
): Promise<void> {
  const remembered = await knownGood.remembered(target);
  const present = remembered && presentOf(remembered, { now, blameMs: knownGood.blameMs });
  if (remembered === undefined || present === undefined) return;
  const last = lastChange(remembered, present);
  // Rules look back: what fires after we have put something back may be about what was there before.
  if (last?.by === ourManager) return;
  const came = last?.at ?? 0;
  if (!began.some((at) => at >= came && present.stampedAt > at - knownGood.blameMs)) return;
  if (present.demotedAt === undefined || now - present.demotedAt >= againMs)
    await knownGood.demote(target, present.id, now);
}

/** By which all of it is as it is now. */
const lastChange = ({ objects }: Remembered, { objects: its }: KnownGood): Version | undefined =>
  Object.keys(its)
    .flatMap((key) => objects.get(key)?.versions[0] ?? [])
    .toSorted((a, b) => b.at - a.at)[0];
