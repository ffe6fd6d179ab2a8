import type { PodTemplate } from '../domain/kubernetes.ts';
import { versionHash } from './template-diff.ts';

/** One version of a workload's template, whatever keeps it. */
export interface KeptRevision {
  /** As `kubectl rollout history` counts it now. */
  readonly number: number;
  /**
   * Grows with when it was new, and is compared with those of the same workload only: going back to a revision gives it
   * a new number, and it is no newer for that.
   */
  readonly born: number;
  /** What its pods carry as `pod-template-hash` or `controller-revision-hash`; empty when they have none. */
  readonly podHash: string;
  /** How many of its pods are available. */
  readonly available: number;
  readonly template: PodTemplate;
}

/**
 * Those that came before the current one and are another version, in the order they are given in. What was gone back
 * from is no earlier revision, neither of what it was left for nor of what came after that: else two roll-backs would
 * bring the bad one back. It shows by an older one that has a higher number. A restart makes no other version, so the
 * current one is as old as the oldest that differs from it by restarts alone.
 */
export function earlierThan<Revision extends KeptRevision>(
  template: PodTemplate,
  current: Revision | undefined,
  revisions: readonly Revision[],
): readonly Revision[] {
  const version = versionHash(template);
  const others = revisions.filter((one) => versionHash(one.template) !== version);
  const same = revisions.filter((one) => versionHash(one.template) === version);
  const born = current === undefined ? Infinity : Math.min(current.born, ...same.map((one) => one.born));
  const wasLeft = (one: Revision): boolean =>
    others.some((older) => older.born < one.born && older.number > one.number);
  return others.filter((one) => one.born < born && !wasLeft(one));
}
