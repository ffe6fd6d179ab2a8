/** So far clocks may differ, ms. */
const differMs = 5 * 60_000;

/**
 * Whether something says that it is of a time that has not come: a clock was wrong when it was made, or ours is now. It is not
 * the newest, whatever it says. Both in ms since the epoch.
 */
export const isAhead = (at: number, now: number): boolean => at - now > differMs;

/** Those that are not ahead of the clock, newest first; and after them the others, of which nobody knows when they were made. */
export const newestFirst = <One extends { readonly at: number }>(all: readonly One[], now: number): readonly One[] =>
  all.toSorted((a, b) => Number(isAhead(a.at, now)) - Number(isAhead(b.at, now)) || b.at - a.at);

/** That recovery points are passed over for it, a sentence; undefined: there are none. */
export function aheadText(
  source: string,
  all: readonly { readonly id: string; readonly at: number }[],
  now: number,
): string | undefined {
  const [first, ...more] = newestFirst(all, now).filter(({ at }) => isAhead(at, now));
  if (first === undefined) return undefined;
  const named = `recovery point ${first.id.slice(0, 8)} of ${source}`;
  const which = more.length === 0 ? `${named} is` : `${named} and ${more.length} more are`;
  return `${which} of a time to come (${new Date(first.at).toISOString()}) by the clock here (${new Date(now).toISOString()})`;
}
