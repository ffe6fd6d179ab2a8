import {
  type Content,
  contentKey,
  type KnownGood,
  type Memory,
  type ObjectHistory,
  type Remembered,
  type Version,
} from '../../src/domain/known-good.ts';
import { yes } from '../../src/domain/verdict.ts';

/** `12:03:05` of one day → ms since the epoch */
export const at = (time: string): number => Date.parse(`2026-11-29T${time}Z`);

export const web = 'kubernetes/prod/shop/deployment/web';
export const settings = 'kubernetes/prod/shop/configmap/settings';
export const worker = 'kubernetes/prod/node/worker-1';
export const quota = 'kubernetes/prod/shop/resourcequota/block';

/** `good 10:00:00 helm` → a version with that hash, of that time, by that field manager. */
export const version = (text: string, uid = 'u1'): Version => {
  const [hash = '', time = '', by = ''] = text.split(' ');
  return { hash, at: at(time), by, uid };
};

/** Newest first, each as `version` takes it; a last `gone 12:00:00` says when it went. */
export function history(key: string, ...texts: readonly string[]): ObjectHistory {
  const gone = texts.find((text) => text.startsWith('gone '))?.slice(5);
  const versions = texts.filter((text) => !text.startsWith('gone ')).map((text) => version(text));
  return { key, versions, ...(gone !== undefined && { goneAt: at(gone) }) };
}

/** A known-good of the objects of `web`, in health for two hours until 12:00:00 unless it is said otherwise. */
export const knownGood = (id: string, fields: Partial<KnownGood> = {}): KnownGood => ({
  id,
  stampedAt: at('10:01:00'),
  seenAt: at('12:00:00'),
  healthMs: 7_200_000,
  objects: { [web]: 'w1', [settings]: 's1' },
  nodes: {},
  ...fields,
});

const graph = [
  { key: web, distance: 0, why: 'it itself' },
  { key: settings, distance: 1, why: 'envFrom of container app' },
];

/** `web` with its ConfigMap, as they always were, unless it is said otherwise; `also`: more in its graph. */
export function remembered({
  histories = [],
  also = [],
  ...fields
}: Partial<Remembered> & {
  readonly histories?: readonly ObjectHistory[];
  readonly also?: readonly string[];
} = {}): Remembered {
  const all = [history(web, 'w1 09:00:00 helm'), history(settings, 's1 09:00:00 helm'), ...histories];
  return {
    target: web,
    current: yes('watched'),
    knownGoods: [knownGood('k1')],
    graph: [...graph, ...also.map((key) => ({ key, distance: 1, why: 'a quota of its namespace' }))],
    objects: new Map(all.map((one) => [one.key, one])),
    ...fields,
  };
}

/** `[key, hash, content]` each. */
export const contentsOf = (...all: readonly (readonly [string, string, Content])[]): ReadonlyMap<string, Content> =>
  new Map(all.map(([key, hash, content]) => [contentKey(key, hash), content]));

/** A memory of these targets, and of those contents. */
export function memoryOf(all: readonly Remembered[], contents: ReadonlyMap<string, Content> = new Map()): Memory {
  return {
    remembered: async (target) => all.find((one) => one.target === target),
    contents: async (wanted) => {
      const keys = new Set(wanted.map(({ key, hash }) => contentKey(key, hash)));
      return new Map([...contents].filter(([key]) => keys.has(key)));
    },
    targets: async () => all.map(({ target }) => target),
    demote: async () => {},
  };
}
