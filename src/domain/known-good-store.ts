import type { Content, Dependency, KnownGood, ObjectHistory } from './known-good.ts';
import type { Verdict } from './verdict.ts';

/** What is kept of one target. */
export interface KeptTarget {
  readonly target: string;
  readonly graph: readonly Dependency[];
  /** Newest first, by `seenAt`. */
  readonly knownGoods: readonly KnownGood[];
  /** When it went, ms since the epoch; absent: it is there. */
  readonly goneAt?: number;
  /** It was made while we watched, and was not well for a moment since. */
  readonly neverWell?: true;
}

/** One thing to keep, or to forget. */
export type KeepWrite =
  /** The whole history of an object, and the contents in it that are not kept yet; those that are not in it any more go. */
  | {
      readonly write: 'object';
      readonly history: ObjectHistory;
      readonly contents: readonly { readonly hash: string; readonly content: Content }[];
    }
  | {
      readonly write: 'target';
      readonly kept: KeptTarget;
      /** Whether the graph is another one than what is kept. */
      readonly graph: boolean;
      /** Ids of the known-goods of which `objects` or `nodes` are others than what is kept; those not in `kept` go. */
      readonly fresh: readonly string[];
      /** Has been seen healthy at `until`, ms since the epoch: that long after it was demoted it is so no more. */
      readonly calm?: { readonly id: string; readonly until: number; readonly blameMs: number };
    }
  | { readonly write: 'forget'; readonly what: 'object' | 'target'; readonly key: string };

/** Who watches a place. */
export interface Watcher {
  /** `kubernetes/prod`, `docker/edge-1` */
  readonly place: string;
  /** Another one each time the watch begins. */
  readonly holder: string;
  /** How many of its writes were done, as far as it knows: where fewer are kept, the store has lost some. */
  readonly written: number;
}

/** That somebody watches a place. */
export interface Beat extends Watcher {
  /** True: begins to watch. False: goes on, which is refused when somebody else did meanwhile, or writes are lost. */
  readonly begins: boolean;
  /** For how long nobody else may, ms. */
  readonly leaseMs: number;
  /** ms since the epoch */
  readonly at: number;
  /** Whether what is kept is what is there. */
  readonly current: Verdict;
}

/** What is known of the watch over a place. */
export interface KeptWatch {
  /** Of the last beat, ms since the epoch. */
  readonly at: number;
  /** Somebody watches: the last beat is not older than its lease. */
  readonly held: boolean;
  /** As the last beat had it. */
  readonly current: Verdict;
}

/** Where the known-good versions are kept. Every method throws when Redis does not answer, and only then. */
export interface KnownGoodStore {
  /** False: another one watches that place, or what is kept of it is not what was written. */
  beat(beat: Beat): Promise<boolean>;
  /** Ends the watch, so that another one need not wait for it. */
  letGo(place: string, holder: string): Promise<void>;
  /** All that is kept of a place. */
  load(place: string): Promise<{ readonly objects: readonly ObjectHistory[]; readonly targets: readonly KeptTarget[] }>;
  /** All of it at once and in that order, or nothing: false, where the watcher's beat would be refused. */
  write(watcher: Watcher, writes: readonly KeepWrite[]): Promise<boolean>;

  /** Undefined: nobody ever watched it. */
  watch(place: string): Promise<KeptWatch | undefined>;
  target(key: string): Promise<KeptTarget | undefined>;
  /** By key; what is not remembered is missing. */
  histories(keys: readonly string[]): Promise<ReadonlyMap<string, ObjectHistory>>;
  /** By `contentKey`; what is not kept any more is missing. */
  contents(wanted: readonly { readonly key: string; readonly hash: string }[]): Promise<ReadonlyMap<string, Content>>;
  targets(): Promise<readonly string[]>;
  demote(target: string, id: string, at: number): Promise<void>;
  /** Forgets the places that nobody has watched for 30 days. */
  trim(now: number): Promise<void>;
  /** What all of it takes, bytes, roughly. */
  bytes(): Promise<number>;
}
