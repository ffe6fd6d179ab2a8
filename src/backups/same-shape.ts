import type { Shape } from '../domain/recovery-point.ts';
import { no, type Verdict, yes } from '../domain/verdict.ts';

/**
 * Whether as much came back as there was. Bytes are not asked for: two dumps of the same rows differ by a date in their heads.
 */
export function sameShape(wanted: Shape, found: Shape): Verdict {
  const counted = Object.entries(wanted.counts);
  const less = counted.filter(([what, count]) => found.counts[what] !== count);
  if (less.length > 0)
    return no(
      `it is not all there: ${less.map(([what, count]) => `${found.counts[what] ?? 0} ${what} of ${count}`).join(', ')}`,
    );
  // Nothing of it is counted: then its size is all there is to go by.
  if (counted.length === 0 && found.bytes !== wanted.bytes)
    return no(`it is not all there: ${found.bytes} bytes of ${wanted.bytes}`);
  return yes(`all there: ${counted.map(([what, count]) => `${count} ${what}`).join(', ') || `${found.bytes} bytes`}`);
}
