import { isDeepStrictEqual } from 'node:util';
import type { Content } from '../../domain/known-good.ts';
import { type Fields, isFields } from '../../domain/fields.ts';
import { pointerOf } from '../content/path.ts';

/** One value that is another one, or only on one side: then the field of the other side is absent. */
export interface Difference {
  /** As in `Change`. */
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** A list with names whose order matters: a variable may use those before it, and init containers start one after another. */
const ordered = new Set(['env', 'initContainers']);

/**
 * What differs between two contents of one object, in the order of `before`. Maps are walked, and lists whose elements all
 * have a `name` of their own are walked by it: their order is no difference, but for `env` and `initContainers`, which then
 * are one difference as a whole. Every other list is one value. Undefined: there is no such object.
 */
export function differences(before: Content | undefined, after: Content | undefined): readonly Difference[] {
  if (before === undefined && after === undefined) return [];
  if (before === undefined) return [{ path: '', after }];
  if (after === undefined) return [{ path: '', before }];
  return differ('', before, after);
}

function differ(path: string, before: unknown, after: unknown): readonly Difference[] {
  if (before === after) return [];
  if (before === undefined) return [{ path, after }];
  if (after === undefined) return [{ path, before }];
  if (isFields(before) && isFields(after)) return walk(path, entries(before), entries(after));
  if (Array.isArray(before) && Array.isArray(after)) {
    const [was, is] = [byName(before), byName(after)];
    const inPlace = was && is && was.size + is.size > 0 && !(isOrdered(path) && isMoved(was, is));
    if (inPlace) return walk(path, was, is);
  }
  const isValue = typeof before !== 'object' || typeof after !== 'object';
  return !isValue && isDeepStrictEqual(before, after) ? [] : [{ path, before, after }];
}

function walk(
  path: string,
  before: ReadonlyMap<string, unknown>,
  after: ReadonlyMap<string, unknown>,
): readonly Difference[] {
  const all = new Set([...before.keys(), ...after.keys()]);
  return [...all].flatMap((one) => differ(`${path}${one}`, before.get(one), after.get(one)));
}

const entries = (value: Fields): ReadonlyMap<string, unknown> =>
  new Map(Object.entries(value).map(([name, one]) => [pointerOf([name]), one]));

/** Undefined: its elements have no names, or not each one of its own. */
function byName(list: readonly unknown[]): ReadonlyMap<string, unknown> | undefined {
  const named = new Map<string, unknown>();
  for (const one of list) {
    if (!isFields(one) || typeof one['name'] !== 'string') return undefined;
    named.set(pointerOf([`[${one['name']}]`]), one);
  }
  return named.size === list.length ? named : undefined;
}

const isOrdered = (path: string): boolean => ordered.has(path.slice(path.lastIndexOf('/') + 1));

/** Whether those that are on both sides stand in another order. */
function isMoved(before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): boolean {
  const left = [...before.keys()].filter((name) => after.has(name));
  const right = [...after.keys()].filter((name) => before.has(name));
  return left.some((name, index) => name !== right[index]);
}
