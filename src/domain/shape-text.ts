import { bytesText } from './bytes-text.ts';
import type { Shape } from './recovery-point.ts';

/** What a snapshot holds, for people: `378 KB, 12 tables, 50312 rows`. */
export const shapeText = ({ bytes, counts }: Shape): string =>
  [bytesText(bytes), ...Object.entries(counts).map(([what, count]) => `${count} ${what}`)].join(', ');
