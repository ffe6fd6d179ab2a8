const latestMs = 8.64e15;
const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const;

/** ms since the epoch → `2026-11-29T14:08:11Z` */
export const instant = (at: number): string =>
  Math.abs(at) <= latestMs ? new Date(at).toISOString().replace(/\.\d+Z$/, 'Z') : String(at);

/** `3 min ago`, `in 12 min`, `just now`; one unit, rounded down. */
export function relative(at: number, now: number): string {
  const ms = Math.abs(now - at);
  const [unit, unitMs] = units.find(([, one]) => ms >= one) ?? ['s', 1000];
  const count = Math.floor(ms / unitMs);
  if (!(count > 0)) return 'just now';
  return at > now ? `in ${count} ${unit}` : `${count} ${unit} ago`;
}

/** `2026-11-29T14:08:11Z (3 min ago)` */
export const when = (at: number, now: number): string => `${instant(at)} (${relative(at, now)})`;
