import { createHash } from 'node:crypto';
import type { Change } from '../../domain/known-good.ts';
import { ranked } from './blame.ts';
import { kindOf } from '../../domain/object-key.ts';

/** Changes that were one act of somebody: to be undone together. */
export interface Burst {
  /** 16 hex digits, from the objects and paths in it alone. */
  readonly id: string;
  /** Of its newest change, ms since the epoch. */
  readonly at: number;
  /** The field managers, newest first, joined by a comma; the empty string: nobody is known. */
  readonly by: string;
  /** Newest first. */
  readonly changes: readonly Change[];
}

/** One hand: `kubectl apply` of several files. ms */
const oneHandMs = 30_000;
/** The same done to things of one kind: two nodes cordoned. ms */
const oneKindMs = 10_000;

/**
 * The changes as acts, newest first. What one field manager did, each within 30 s of the next, is one; and so is what was
 * done to objects of one kind within 10 s of each other, by whomever.
 */
export function burstsOf(changes: readonly Change[]): readonly Burst[] {
  const all = ranked(changes);
  const act = all.map((_, index) => index);
  const actOf = (index: number): number => {
    const newer = act[index];
    return newer === undefined || newer === index ? index : actOf(newer);
  };
  const join = (wordOf: (change: Change) => string, withinMs: number): void => {
    const last = new Map<string, number>();
    for (const [index, change] of all.entries()) {
      const newer = last.get(wordOf(change));
      if (newer !== undefined && (all[newer]?.at ?? 0) - change.at <= withinMs) act[actOf(index)] = actOf(newer);
      last.set(wordOf(change), index);
    }
  };
  join(({ by }) => by, oneHandMs);
  join(({ object }) => kindOf(object), oneKindMs);
  const bursts = new Map<number, Change[]>();
  for (const [index, change] of all.entries()) {
    const burst = bursts.get(actOf(index));
    if (burst) burst.push(change);
    else bursts.set(actOf(index), [change]);
  }
  return [...bursts.values()].map(burstOf).toSorted((a, b) => b.at - a.at);
}

function burstOf(changes: readonly Change[]): Burst {
  const places = changes.map(({ object, path }) => `${object} ${path}`).toSorted();
  return {
    id: createHash('sha256').update(places.join('\n')).digest('hex').slice(0, 16),
    at: changes[0]?.at ?? 0,
    by: [...new Set(changes.map(({ by }) => by))].filter((by) => by !== '').join(', '),
    changes,
  };
}
