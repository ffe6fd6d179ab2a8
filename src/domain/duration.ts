const second = 1000;
const day = 24 * 60 * 60 * second;
const units = [
  ['y', 365 * day],
  ['w', 7 * day],
  ['d', day],
  ['h', 60 * 60 * second],
  ['m', 60 * second],
  ['s', second],
  ['ms', 1],
] as const;
const shape = new RegExp(`^${units.map(([unit]) => `(?:([0-9]+)${unit})?`).join('')}$`);
/** Prometheus keeps durations as int64 nanoseconds. */
const longestMs = Math.floor(2 ** 63 / 1e6);

/** A duration as Prometheus writes it (`1h30m`, `250ms`, `0`), in ms; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  const counts = text === '' ? null : shape.exec(text);
  if (!counts) return undefined;
  const ms = units.reduce((sum, [, unitMs], index) => sum + Number(counts[index + 1] ?? 0) * unitMs, 0);
  return ms <= longestMs ? ms : undefined;
}

/** How long ago, in whole seconds, as `formatDuration` has it; what is still to come was just now. */
export const formatAge = (ms: number): string => formatDuration(Math.max(0, Math.floor(ms / 1000) * 1000));

/** The same as Prometheus prints it: years and weeks only when nothing is left over (`90d`, not `12w6d`). */
export function formatDuration(ms: number): string {
  let left = Math.round(ms);
  if (left === 0) return '0s';
  let text = '';
  for (const [unit, unitMs] of units) {
    if ((unit === 'y' || unit === 'w') && left % unitMs !== 0) continue;
    const count = Math.floor(left / unitMs);
    if (count > 0) text += `${count}${unit}`;
    left -= count * unitMs;
  }
  return text;
}
