import { type Fields, isFields } from '../../domain/fields.ts';

const at = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, field) => (isFields(inner) ? inner[field] : undefined), value);

/** The map there; an empty one when there is none. The API may leave out nearly everything. */
export function mapAt(value: unknown, ...path: readonly string[]): Fields {
  const found = at(value, path);
  return isFields(found) ? found : {};
}

/** The list there; an empty one when there is none. */
export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, path);
  return Array.isArray(found) ? found : [];
}

/** The text there; the empty string when there is none. */
export function textAt(value: unknown, ...path: readonly string[]): string {
  const found = at(value, path);
  return typeof found === 'string' ? found : '';
}

/** The number there. */
export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = at(value, path);
  return typeof found === 'number' ? found : undefined;
}

/** Those of the values that are text. */
export const textsOf = (values: readonly unknown[]): readonly string[] =>
  values.filter((value) => typeof value === 'string');

/** All texts in a value, however deep; not the names of its fields. */
export function textsBelow(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsBelow) : [];
}

/** The labels there. */
export const labelsAt = (value: unknown, ...path: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(mapAt(value, ...path)).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );

/** Whether there is anything at all. */
export const isThere = (value: unknown, ...path: readonly string[]): boolean => at(value, path) !== undefined;
