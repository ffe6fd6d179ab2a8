import type { Shape } from '../domain/recovery-point.ts';
import { no, type Verdict, yes } from '../domain/verdict.ts';

/**
 * Whether as much came back as there was. Bytes are not asked for: two dumps of the same rows differ by a date in their heads.
 */
export function sameShape(wanted: Shape, found: Shape): Verdict {
  return compared(wanted, found, (there, count) => there === count);
}

/**
 * Whether at least as much is there: what came to a database since, and is not in a dump, stays beside what is brought back.
 */
export function atLeastShape(wanted: Shape, found: Shape): Verdict {
  return compared(wanted, found, (there, count) => there >= count);
}

function compared(wanted: Shape, found: Shape, isEnough: (there: number, count: number) => boolean): Verdict {
  const counted = Object.entries(wanted.counts);
  const less = counted.filter(([what, count]) => !isEnough(found.counts[what] ?? 0, count));
  if (less.length > 0)
    return no(
      `it is not all there: ${less.map(([what, count]) => `${found.counts[what] ?? 0} ${what} of ${count}`).join(', ')}`,
    );
  // Nothing of it is counted: then its size is all there is to go by.
  if (counted.length === 0 && !isEnough(found.bytes, wanted.bytes))
    return no(`it is not all there: ${found.bytes} bytes of ${wanted.bytes}`);
  const there = counted.map(([what]) => `${found.counts[what] ?? 0} ${what}`).join(', ');
  return yes(`all there: ${there || `${found.bytes} bytes`}`);
}
