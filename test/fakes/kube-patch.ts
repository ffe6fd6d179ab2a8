export type Json = null | boolean | number | string | readonly Json[] | JsonMap;
export interface JsonMap {
  readonly [key: string]: Json;
}

export const isMap = (value: unknown): value is JsonMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

/** RFC 7386. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isMap(patch)) return patch;
  const merged: Record<string, Json> = isMap(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

/** RFC 6902, as far as we use it: test, add, replace, remove. Undefined: it does not apply to this document. */
export function jsonPatch(document: JsonMap, operations: readonly Json[]): JsonMap | undefined {
  let patched: Json = structuredClone(document);
  for (const operation of operations) {
    if (!isMap(operation) || typeof operation['path'] !== 'string') return undefined;
    const keys = operation['path'].split('/').slice(1).map(unescape);
    const next = step(patched, keys, textOf(operation['op']), operation['value']);
    if (next === undefined) return undefined;
    patched = next;
  }
  return isMap(patched) ? patched : undefined;
}

const unescape = (key: string): string => key.replaceAll('~1', '/').replaceAll('~0', '~');

function step(at: Json, keys: readonly string[], op: string, value: Json | undefined): Json | undefined {
  const [key, ...rest] = keys;
  if (key === undefined) {
    if (op === 'test') return same(at, value) ? at : undefined;
    return op === 'replace' || op === 'add' ? value : undefined;
  }
  if (Array.isArray(at)) return stepInList(at, key, rest, op, value);
  if (!isMap(at)) return undefined;
  const inner = at[key];
  // To replace what is not there is to add it, as in the library of the real API.
  if (rest.length === 0 && (op === 'add' || op === 'replace'))
    return value === undefined ? undefined : { ...at, [key]: value };
  // There too a test for null holds where there is nothing.
  if (inner === undefined) return rest.length === 0 && op === 'test' && value === null ? at : undefined;
  if (rest.length === 0 && op === 'remove')
    return Object.fromEntries(Object.entries(at).filter(([name]) => name !== key));
  const next = step(inner, rest, op, value);
  return next === undefined ? undefined : { ...at, [key]: next };
}

function stepInList(
  at: readonly Json[],
  key: string,
  rest: readonly string[],
  op: string,
  value: Json | undefined,
): Json | undefined {
  const index = key === '-' ? at.length : Number(key);
  if (!Number.isInteger(index) || index < 0) return undefined;
  if (rest.length === 0 && op === 'add')
    return value === undefined || index > at.length ? undefined : at.toSpliced(index, 0, value);
  const inner = at[index];
  if (inner === undefined) return undefined;
  if (rest.length === 0 && op === 'remove') return at.toSpliced(index, 1);
  const next = step(inner, rest, op, value);
  return next === undefined ? undefined : at.with(index, next);
}

/** Whatever the order of the keys. */
export function same(one: Json | undefined, other: Json | undefined): boolean {
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((item, index) => same(item, other[index]));
  if (isMap(one) && isMap(other)) {
    const keys = Object.keys(one);
    return keys.length === Object.keys(other).length && keys.every((key) => key in other && same(one[key], other[key]));
  }
  return one === other;
}
