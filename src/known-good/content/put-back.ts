import type { Content } from '../../domain/known-good.ts';
import { isFields, tidyFields } from '../../domain/fields.ts';
import { below, indexIn, stepsOf } from './path.ts';

/**
 * `now`, with what is at `paths` (as in `Change`) as it is in `good`: changed, added or taken away. An element of a list
 * that is missing comes behind the one it stood behind. Undefined: then there is to be no such object.
 */
export function putBack(
  now: Content | undefined,
  good: Content | undefined,
  paths: readonly string[],
): Content | undefined {
  const put = paths.map(stepsOf).reduce<unknown>((left, steps) => placed(left, good, steps), now);
  return isFields(put) ? tidyFields(put) : undefined;
}

function placed(now: unknown, good: unknown, [step, ...rest]: readonly string[]): unknown {
  if (step === undefined) return good;
  const [is, was] = [below(now, step), below(good, step)];
  const ofList = Array.isArray(now) || (!isFields(now) && Array.isArray(good));
  // A part of an element that is missing would be one without a name.
  const inner = ofList && is === undefined ? was : placed(is, was, rest);
  if (inner === undefined && now === undefined) return undefined;
  if (ofList) {
    const list: readonly unknown[] = Array.isArray(now) ? now : [];
    const put = inList(list, Array.isArray(good) ? good : [], step, inner);
    return put.length === 0 && good === undefined ? undefined : put;
  }
  const { [step]: _, ...others } = isFields(now) ? now : {};
  const put = inner === undefined ? others : { ...others, [step]: inner };
  // What was made for that one value alone goes with it.
  return Object.keys(put).length === 0 && good === undefined ? undefined : put;
}

function inList(now: readonly unknown[], good: readonly unknown[], step: string, value: unknown): readonly unknown[] {
  const index = indexIn(now, step);
  if (value === undefined) return index < 0 ? now : now.toSpliced(index, 1);
  if (index >= 0) return now.with(index, value);
  const before = good.slice(0, Math.max(0, indexIn(good, step)));
  const names = before.map((one) => `[${String(isFields(one) ? one['name'] : '')}]`);
  const behind = Math.max(-1, ...names.map((name) => indexIn(now, name)));
  return now.toSpliced(behind + 1, 0, value);
}

/**
 * A PersistentVolume that any claim of its claim's name may have: without the uid of the claim that had it last, and is
 * gone. The controller binds it within some seconds.
 */
export function freedOfClaim(content: Content): Content {
  return putBack(content, undefined, ['/spec/claimRef/uid']) ?? content;
}
