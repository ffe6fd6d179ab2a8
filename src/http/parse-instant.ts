const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d:\d\d(?:\.\d{1,18})?(?:Z|[+-]\d\d:\d\d)$/;
const ZERO_TIME = '0001-01-01T00:00:00Z';

/** What Go writes for "no time": year 1. */
export const NO_INSTANT = 'none';

/**
 * An RFC 3339 date and time as ms since the epoch (`2026-11-22T10:00:00.123456789+02:00`), `NO_INSTANT` for Go's zero
 * time (year 1), undefined for anything else. `Date.parse` alone would take "1" and 30 February too.
 */
export function parseInstant(text: string): number | typeof NO_INSTANT | undefined {
  if (text === ZERO_TIME) return NO_INSTANT;
  const match = RFC_3339.exec(text);
  const instant = match === null ? Number.NaN : Date.parse(text);
  if (match === null || Number.isNaN(instant)) return undefined;
  const year = Number(match[1]);
  const day = Number(match[3]);
  if (year <= 1) return NO_INSTANT;
  // Only the 29th to the 31st can be missing from a month, and day 0 of the next month is the last one of this.
  if (day > 28 && day > new Date(Date.UTC(year, Number(match[2]), 0)).getUTCDate()) return undefined;
  return instant;
}
