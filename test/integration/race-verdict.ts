/** One entry of the effects: when and what it was, by the clock of Redis. */
export interface Effect {
  /** ms since the epoch */
  readonly at: number;
  readonly what: string;
  readonly target: string;
  readonly worker: string;
  readonly namespace: string;
  readonly playbook: string;
}

/** `1764000000123-0` and `['what', 'act', …]`, as Redis tells an entry of a stream. */
export function toEffect(id: string, fields: readonly string[]): Effect {
  const named = Object.fromEntries(fields.flatMap((name, at) => (at % 2 === 0 ? [[name, fields[at + 1]]] : [])));
  const { what = '', target = '', worker = '', namespace = '', playbook = '' } = named;
  return { at: Number(id.split('-')[0]), what, target, worker, namespace, playbook };
}

interface Limit {
  readonly name: string;
  readonly of: (effect: Effect) => string;
  readonly max: number;
}

/** What the race allows; written down a second time, so that no reading of the configuration is believed. */
const windows: readonly (Limit & { readonly windowMs: number })[] = [
  { name: 'cooldown', of: ({ target }) => target, max: 1, windowMs: 1_000 },
  { name: 'target', of: ({ target }) => target, max: 3, windowMs: 10_000 },
  { name: 'playbook', of: ({ playbook }) => playbook, max: 4, windowMs: 5_000 },
  { name: 'namespace', of: ({ namespace }) => namespace, max: 3, windowMs: 5_000 },
  { name: 'namespace', of: ({ namespace }) => namespace, max: 14, windowMs: 60_000 },
  { name: 'global', of: () => 'everything', max: 9, windowMs: 5_000 },
];
const places: readonly Limit[] = [
  { name: 'concurrency', of: ({ namespace }) => namespace, max: 2 },
  { name: 'concurrency', of: () => 'all', max: 5 },
];

/**
 * Every limit that was exceeded, a sentence each. An act was allowed some time between the last look at its target
 * before it and the act itself: acts are too many for a window only when they were so whenever that was. A recovery
 * acts from its act until the next look at the target, which verifies it.
 */
export function exceeded(effects: readonly Effect[]): string[] {
  const acts = effects.flatMap((act, index) => {
    if (act.what !== 'act') return [];
    const isLook = ({ what, target }: Effect): boolean => what === 'look' && target === act.target;
    const since = effects.slice(0, index).findLast(isLook)?.at ?? act.at;
    const later = effects.slice(index).findIndex(isLook);
    return [{ act, index, since, until: later < 0 ? Infinity : index + later }];
  });
  const inWindows = windows.flatMap(({ name, of, max, windowMs }) =>
    acts.flatMap(({ act }, last) => {
      const group = acts.slice(0, last + 1).filter((one) => of(one.act) === of(act));
      const tooMany = group.slice(-max - 1);
      const spanMs = act.at - Math.min(...tooMany.map(({ since }) => since));
      return tooMany.length > max && spanMs < windowMs
        ? [`${name} ${of(act)}: ${max + 1} acts within ${spanMs} ms`]
        : [];
    }),
  );
  const atOnce = places.flatMap(({ name, of, max }) =>
    acts.flatMap(({ act, index }) => {
      const beside = acts.filter((one) => of(one.act) === of(act) && one.index <= index && one.until > index);
      return beside.length > max ? [`${name} ${of(act)}: ${beside.length} act at the same time`] : [];
    }),
  );
  return [...inWindows, ...atOnce];
}
