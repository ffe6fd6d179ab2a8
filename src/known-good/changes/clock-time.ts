const dayMs = 86_400_000;

/** When, for a sentence: `12:03:05Z`, and with its date when that is not within a day of `now`. Both ms since the epoch. */
export function clockTime(at: number, now: number): string {
  const text = new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
  return Math.abs(now - at) < dayMs ? text.slice(text.indexOf('T') + 1) : text;
}
