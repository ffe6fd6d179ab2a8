/** A map of JSON. */
export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The same with the keys of all maps in order, and without what is null or undefined in them: both say "absent". */
export function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (!isFields(value)) return value;
  const told = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined);
  return Object.fromEntries(
    told.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, canonical(inner)]),
  );
}

/** What a map has itself under that name; undefined where there is no map, or nothing in it. */
export const field = (value: unknown, name: string): unknown =>
  isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined;

/** `canonical` of a map is a map. */
export const tidyFields = (value: Fields): Fields => {
  const fields = canonical(value);
  return isFields(fields) ? fields : {};
};

/** The entries for which it holds; undefined when none is left. */
export function only(value: unknown, holds: (name: string) => boolean): Fields | undefined {
  const kept = isFields(value) ? Object.entries(value).filter(([name]) => holds(name)) : [];
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
