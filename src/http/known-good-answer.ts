import type { Remembered } from '../domain/known-good.ts';
import { redactJson } from '../evidence/redact.ts';
import { bestOf, presentOf } from '../known-good/changes/best.ts';
import { burstsOf } from '../known-good/changes/bursts.ts';
import { readChanges } from '../known-good/changes/read-changes.ts';
import { shownChange } from '../known-good/changes/shown-change.ts';
import { type Moment, unlike } from '../known-good/changes/unlike.ts';
import type { KnownGoodDeps } from './known-good-api.ts';

/** One target of the list: `changed` counts objects. Without `seenAt` it was never seen healthy for long enough. */
export function inShort(remembered: Remembered, moment: Moment) {
  const { target, current, knownGoods } = remembered;
  const present = presentOf(remembered, moment);
  const best = present ?? bestOf(remembered, moment);
  return {
    target,
    current,
    versions: knownGoods.length,
    ...(!('ok' in best) && {
      seenAt: best.seenAt,
      healthMs: best.healthMs,
      changed: present ? 0 : unlike(remembered, best, moment).length,
    }),
  };
}

type Asked = Moment & Pick<KnownGoodDeps, 'memory'>;

/**
 * All about one: its known-goods, what it depends on, and what changed since the one that is compared with (`best`, its
 * id), as bursts, the newest first. Without `best`, `reason` says why nothing is compared.
 */
export async function inFull(remembered: Remembered, { memory, ...moment }: Asked) {
  const { target, current, knownGoods, graph, objects } = remembered;
  const present = presentOf(remembered, moment);
  const best = bestOf(remembered, moment);
  const isThere = (key: string): boolean => objects.has(key) && objects.get(key)?.goneAt === undefined;
  const known = knownGoods.map(({ objects: all, nodes, ...one }) => ({
    ...one,
    objects: Object.keys(all).length,
    nodes: Object.keys(nodes),
    present: one.id === present?.id,
  }));
  const told = {
    target,
    current,
    knownGoods: known,
    graph: graph.map((one) => ({ ...one, there: isThere(one.key) })),
  };
  if ('ok' in best) return { ...told, reason: best.reason, bursts: [] };
  const { changes } = await readChanges(remembered, best, memory, moment);
  const bursts = burstsOf(changes).map((burst) => ({
    ...burst,
    changes: burst.changes.map((change) => shownChange(change, redactJson)),
  }));
  return { ...told, best: best.id, bursts };
}
