import type { Recalled } from '../../src/actions/known-good/recall.ts';
import type { Asked } from '../../src/actions/known-good/left-alone.ts';
import { type Change, type Content, contentKey, type ObjectHistory } from '../../src/domain/known-good.ts';
import { at, history, knownGood, remembered, web } from './remembered.ts';

/** When everything here is planned. */
export const now = at('12:10:00');
export const good = 'a'.repeat(32);
export const bad = 'b'.repeat(32);

/** One that was made at 12:05:00 by kubectl-edit unless it is said otherwise. */
export const changed = (object: string, path: string, fields: Partial<Change> = {}): Change => ({
  object,
  what: 'changed',
  path,
  before: 'old',
  after: 'new',
  at: at('12:05:00'),
  by: 'kubectl-edit',
  distance: object === web ? 0 : 1,
  ...fields,
});
/** It is gone since 12:05:00. */
export const gone = (object: string, fields: Partial<Change> = {}): Change => {
  const { after: _, ...whole } = changed(object, '', { what: 'disappeared', before: {}, by: '', ...fields });
  return whole;
};
export const appeared = (object: string, fields: Partial<Change> = {}): Change => {
  const { before: _, ...whole } = changed(object, '', { what: 'appeared', after: {}, ...fields });
  return whole;
};

interface More {
  readonly histories?: readonly ObjectHistory[];
  /** By key: what is there now, or was at last. */
  readonly contents?: Readonly<Record<string, Content>>;
  readonly blameMs?: number;
  /** Those of the hashes here when absent; null: Secrets can not be put back. */
  readonly opens?: string | null;
  readonly others?: readonly string[];
}

/** What is known of `web` when that is all that changed. */
export function recalled(
  changes: readonly Change[],
  { histories = [], contents = {}, blameMs = 3_600_000, opens = '', others = [] }: More = {},
): Recalled {
  const keys = [...new Set(changes.map(({ object }) => object))];
  const what = (key: string) => changes.find(({ object }) => object === key)?.what ?? 'changed';
  const made = keys.map((key) =>
    what(key) === 'disappeared'
      ? history(key, `${good} 09:00:00 helm-like`, 'gone 12:05:00')
      : history(key, `${bad} 12:05:00 kubectl-edit`, ...(what(key) === 'appeared' ? [] : [`${good} 09:00:00 kubectl`])),
  );
  const all = remembered({ histories: [...made, ...histories], also: keys });
  const isService = (key: string): boolean => key.split('/').at(-2) === 'service';
  return {
    // Its template calls them.
    remembered: {
      ...all,
      graph: all.graph.map((one) => (isService(one.key) ? { ...one, why: 'the template speaks of it' } : one)),
    },
    best: knownGood('k1'),
    goods: new Map(keys.map((key) => [key, what(key) === 'appeared' ? '' : good])),
    contents: new Map(
      Object.entries(contents).flatMap(([key, content]) =>
        [good, bad].map((hash) => [contentKey(key, hash), content] as const),
      ),
    ),
    changes,
    blameMs,
    ...(opens !== null && { opens }),
    others,
  };
}

/** What is asked about them, of `web`. */
export const asked = (changes: readonly Change[], more: More & Partial<Asked> = {}): Asked => ({
  recalled: recalled(changes, more),
  protectedNamespaces: ['vault'],
  target: web,
  now,
  owners: [],
  ...more,
});
