import type { Shape } from '../domain/recovery-point.ts';
import { no, type Verdict, yes } from '../domain/verdict.ts';
import type { Shrinks } from './source-kind.ts';

/** What there is at least one of in anything that is worth a backup. */
const contents = ['files', 'tables'];

/** How many of the last recovery points a new one is compared with. */
export const comparedWith = 7;

/**
 * Whether what was read back is as large as what was before it: half of the median or less in bytes, or in anything that
 * is counted, is what a dump looks like that broke in the middle and does not know. The first one has nothing to be
 * compared with. `before`: newest first; `shrinks`: what of it is looked at, where that is not all.
 */
export function judgeShape(now: Shape, before: readonly Shape[], shrinks?: Shrinks): Verdict {
  const last = before.slice(0, comparedWith);
  const { compared, tooLittle = 2, mayBeNone = [] } = shrinks ?? {};
  const isCompared = (what: string): boolean => compared?.includes(what) ?? true;
  if (last.length === 0) {
    const none =
      now.bytes === 0
        ? 'bytes'
        : contents.find((what) => isCompared(what) && !mayBeNone.includes(what) && now.counts[what] === 0);
    // An empty mount point, another database than was meant: the next ones would be as empty, and look right beside it.
    if (none !== undefined) return no(`it is the first one, and has no ${none}`);
    return yes('it is the first one, and there is nothing to compare it with');
  }
  const sizes: readonly (readonly [what: string, count: number, before: readonly number[]])[] = [
    ['bytes', now.bytes, last.map(({ bytes }) => bytes)],
    ...[...new Set(last.flatMap(({ counts }) => Object.keys(counts)))].map(
      (what) => [what, now.counts[what] ?? 0, last.flatMap(({ counts }) => counts[what] ?? [])] as const,
    ),
  ];
  for (const [what, count, others] of sizes) {
    const usual = median(others);
    if (isCompared(what) && count * tooLittle <= usual && usual > 0)
      return no(
        `it has ${count} ${what}, and the last ${others.length} had ${usual} in the median: ${tooLittle === 2 ? 'half' : `1/${tooLittle}`} of it or less`,
      );
  }
  return yes(`it is as large as the last ${last.length}`);
}

/** The lower one of two in the middle: what has just grown is not held against the next. */
function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
