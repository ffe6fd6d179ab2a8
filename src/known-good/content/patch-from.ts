import type { Content } from '../../domain/known-good.ts';
import type { PatchOperation } from '../../domain/kubernetes-client.ts';
import { alike } from '../../kubernetes/template-diff.ts';
import { isOfNodeState } from '../../kubernetes/own-content.ts';
import { field, type Fields, isFields } from '../../domain/fields.ts';
import { pointerOf } from './path.ts';

/**
 * The operations that bring what differs between `now` and `wanted` to `live`, the object as the API has it; none when
 * they are the same. `now` is the content of what was looked at: of `live`, if nobody wrote it since. Each writes the
 * smallest value that differs, lists as a whole; parents that are missing are made; what is not in a content (see
 * content-of.ts) is never touched. Whoever sends them says first which version they are for, by a `test`. `slug` as in
 * `watchedKinds`.
 */
export const patchFrom = (live: object, now: Content, wanted: Content, slug: string): readonly PatchOperation[] =>
  between(slug, [], { ...live }, now, wanted);

function between(
  slug: string,
  path: readonly string[],
  live: unknown,
  now: unknown,
  wanted: unknown,
): readonly PatchOperation[] {
  if (alike(now, wanted)) return [];
  const isTaints = slug === 'node' && path.join('/') === 'spec/taints';
  if (isTaints) return written(path, live, withNodeState(live, wanted));
  if (isFields(live) && isWalked(path, live, now, wanted)) {
    const [is, to]: readonly [Fields, Fields] = [isFields(now) ? now : {}, isFields(wanted) ? wanted : {}];
    const names = [...new Set([...Object.keys(is), ...Object.keys(to)])].toSorted();
    return names.flatMap((name) => between(slug, [...path, name], field(live, name), field(is, name), field(to, name)));
  }
  return written(path, live, wanted);
}

/**
 * Whether the values in a map are written one by one. Where one side has no such map, `live` may still have one of which
 * nothing is in a content, and which stands by itself: annotations, a node's spec.
 */
function isWalked(path: readonly string[], live: Fields, now: unknown, wanted: unknown): boolean {
  if (isFields(now) && isFields(wanted)) return true;
  const isMap = (isFields(now) && wanted === undefined) || (isFields(wanted) && now === undefined);
  return isMap && ['metadata', 'annotations', 'spec'].includes(path.at(-1) ?? '') && !alike(live, now ?? {});
}

/** Null, as some API servers write "absent", is something that is there, and can be replaced. */
function written(steps: readonly string[], live: unknown, value: unknown): readonly PatchOperation[] {
  const path = pointerOf(steps);
  if (value !== undefined) return [{ op: live === undefined ? 'add' : 'replace', path, value }];
  return live === undefined ? [] : [{ op: 'remove', path }];
}

function withNodeState(live: unknown, wanted: unknown): readonly unknown[] | undefined {
  const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
  const taints = [...list(live).filter(isOfNodeState), ...list(wanted)];
  return taints.length === 0 ? undefined : taints;
}
