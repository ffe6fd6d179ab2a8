import { field } from '../../domain/fields.ts';
import type { Content } from '../../domain/known-good.ts';

/** The steps of a path as in `Change`, unescaped; none for the empty string, which is the whole object. */
export const stepsOf = (path: string): readonly string[] =>
  path
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));

/** An RFC 6901 pointer. */
export const pointerOf = (steps: readonly string[]): string =>
  steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** Where the element of that name (`[app]`) is in a list; -1: nowhere. */
export const indexIn = (list: readonly unknown[], step: string): number =>
  list.findIndex((one) => `[${String(field(one, 'name'))}]` === step);

/** One step down. In a map a name in brackets is a name like any other. */
export function below(value: unknown, step: string): unknown {
  if (!Array.isArray(value)) return field(value, step);
  const list: readonly unknown[] = value;
  return list[indexIn(list, step)];
}

/** What is at a path as in `Change`; undefined: nothing is. */
export const valueAt = (content: Content | undefined, path: string): unknown =>
  stepsOf(path).reduce<unknown>(below, content);
