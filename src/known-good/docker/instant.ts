/** RFC 3339, of any fraction, to whole ms since the epoch; undefined: it is none, or the engine's zero time. */
export function instantOf(text: string): number | undefined {
  const at = Date.parse(text.replace(/(\.\d{3})\d+/, '$1'));
  return Number.isNaN(at) || at <= 0 ? undefined : at;
}
