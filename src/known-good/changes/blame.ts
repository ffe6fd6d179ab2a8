import type { Change } from '../../domain/known-good.ts';
import { clockTime } from './clock-time.ts';
import { objectName } from '../../domain/object-key.ts';
import { hidden, type Redact, shownChange } from './shown-change.ts';

/** For people, the likeliest cause first: the newest, then the nearest, then by object and path. */
export const ranked = <One extends Change>(changes: readonly One[]): readonly One[] =>
  changes.toSorted(
    (a, b) => b.at - a.at || a.distance - b.distance || order(a.object, b.object) || order(a.path, b.path),
  );

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** How much of a value is told, characters. */
const longest = 60;
/** What is told before the place where two long texts part, characters. */
const context = 10;

/**
 * One change as a line: `configmap shop/settings /data/MODE: "ok" -> "broken", 12:03:05Z, by kubectl-edit`. Values are
 * shortened and without their secrets; of an environment variable it is only told that it changed. `now`: ms since the epoch.
 */
export function changeText(change: Change, redact: Redact, now: number): string {
  const { object, path, at, by } = change;
  const who = by === '' ? '' : `, by ${by}`;
  return `${objectName(object)}${path === '' ? '' : ` ${path}`}${whatText(shownChange(change, redact))}, ${clockTime(at, now)}${who}`;
}

function whatText(shown: Change): string {
  if (shown.path === '') return ` ${shown.what}`;
  const { before, after } = shown;
  if (before === undefined && after === undefined) return ': changed';
  if (before === undefined) return after === hidden ? ': new' : `: ${cut(textOf(after))} is new`;
  if (after === undefined) return before === hidden ? ': gone' : `: ${cut(textOf(before))} is gone`;
  const [was, is] = [textOf(before), textOf(after)];
  if (was === is) return ': changed';
  const from = Math.max(was.length, is.length) > longest ? Math.max(0, parting(was, is) - context) : 0;
  return `: ${cut(was, from)} -> ${cut(is, from)}`;
}

const textOf = (value: unknown): string => JSON.stringify(value) ?? 'nothing';

/** Where two texts begin to differ. */
function parting(a: string, b: string): number {
  let index = 0;
  while (index < a.length && a[index] === b[index]) index += 1;
  return index;
}

function cut(text: string, from = 0): string {
  const part = text.slice(from, from + longest);
  return `${from > 0 ? '…' : ''}${part}${from + longest < text.length ? '…' : ''}`;
}
