import type { Dependency } from '../../domain/known-good.ts';
import { isRunning, kindOf } from '../../domain/object-key.ts';

/** `objects` and `nodes` of a known-good; `others` stand on their own and are no part of it. */
export type Part = 'objects' | 'nodes' | 'others';

/**
 * What a dependency is to the versions of a target. Other workloads are no part of them, or each change of a backend would
 * end the health of all its callers; only of a Service those that it selects are.
 */
export function partOfVersion(target: string, { key, distance }: Dependency): Part {
  const kind = kindOf(key);
  if (kind === 'node' || kind === 'file') return 'nodes';
  if (key === target || !isRunning(key)) return 'objects';
  return kindOf(target) === 'service' && distance === 1 ? 'objects' : 'others';
}
