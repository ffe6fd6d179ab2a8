import { canonical, type Fields, isFields } from '../../domain/fields.ts';

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
