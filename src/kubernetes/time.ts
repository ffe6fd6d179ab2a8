/** ms since the epoch of an RFC 3339 time; 0 when there is none, or it is the zero time that stands for none. */
export const timeOf = (rfc3339: string | undefined): number =>
  rfc3339 === undefined ? 0 : Math.max(0, Date.parse(rfc3339) || 0);
