import type { OtherResource } from './kubernetes-client.ts';
import type { Verdict } from './verdict.ts';

/**
 * An object as far as a person can change it, as plain JSON: no status, no uid, no bookkeeping of the platform. It may hold
 * what is not to be shown (values of environment variables); a Secret's data only sealed.
 */
export type Content = Readonly<Record<string, unknown>>;

/** One version of one object. */
export interface Version {
  /** `versionHashOf` its content, 32 hex digits. */
  readonly hash: string;
  /** When it was written, ms since the epoch: by the platform's word where there is one, else when we saw it. */
  readonly at: number;
  /** The field manager that wrote it; the empty string: nobody is known. */
  readonly by: string;
  /** The platform's id of the very instance; the empty string where it has none. */
  readonly uid: string;
}

/** What is remembered of one object. */
export interface ObjectHistory {
  /** `kubernetes/prod/shop/configmap/settings`, `kubernetes/prod/node/worker-1`, `docker/edge-1/network/back` */
  readonly key: string;
  /** Newest first, at least one: the first is what it is now, or what it was at last. */
  readonly versions: readonly Version[];
  /** When it went, ms since the epoch; absent: it is there. */
  readonly goneAt?: number;
}

/** One object that a target depends on. The target itself is at distance 0. */
export interface Dependency {
  readonly key: string;
  /** How many steps away: its own ConfigMap is at 1, the Service it calls at 1, what is behind that Service at 2. */
  readonly distance: number;
  /** A clause: `envFrom of container app`, `a quota of its namespace`. */
  readonly why: string;
}

/**
 * How a target and all that it depends on looked while it was healthy: a version of the whole graph. One that is a version
 * of the same content, nodes left out, is the same one, and goes on.
 */
export interface KnownGood {
  /** Hash of `objects`. */
  readonly id: string;
  /** When it had been healthy for long enough to count, ms since the epoch. */
  readonly stampedAt: number;
  /** When it was seen healthy last, ms since the epoch. */
  readonly seenAt: number;
  /** Its time in health, ms, all stretches together. */
  readonly healthMs: number;
  /** It has failed, or was alerted about, within the blame window after its stamp, ms since the epoch. */
  readonly demotedAt?: number;
  /** Key of each object → the hash of its version. What was not there is not in it. */
  readonly objects: Readonly<Record<string, string>>;
  /** The same for the nodes that its pods ran on last, and for files of the host: they change without being another version. */
  readonly nodes: Readonly<Record<string, string>>;
}

/** All that is remembered about one target. */
export interface Remembered {
  readonly target: string;
  /** Whether what is remembered is what is there now: a no says since when nobody watches, and why. */
  readonly current: Verdict;
  /** Newest first, by `seenAt`. Empty: it was never seen healthy for long enough. */
  readonly knownGoods: readonly KnownGood[];
  /** What it depends on now. */
  readonly graph: readonly Dependency[];
  /** It was made while somebody watched, and was not well for a moment since. */
  readonly neverWell?: true;
  /** By key: of all objects in its graph and in its known-goods. */
  readonly objects: ReadonlyMap<string, ObjectHistory>;
}

/** What is remembered of the platforms, for whoever acts or asks. Throws only when Redis does not answer. */
export interface Memory {
  /** Undefined: nothing is, or it was forgotten with its namespace. */
  remembered(target: string): Promise<Remembered | undefined>;
  /** Several at once; what is not kept any more is missing. Named by `key` and `hash`, joined by a blank. */
  contents(wanted: readonly { readonly key: string; readonly hash: string }[]): Promise<ReadonlyMap<string, Content>>;
  /** Keys of all targets that have a graph. */
  targets(): Promise<readonly string[]>;
  /** It has failed: it is not gone back to while there is another one. */
  demote(target: string, id: string, at: number): Promise<void>;
}

/**
 * How the values of Secrets are remembered: never as they are. `key` is that of the object: a value that is sealed for one
 * is none of another. Equal values of one object are sealed to equal texts, by every process that has the same key.
 */
export interface Sealing {
  /** 8 hex digits: what has another one was sealed with another key, or otherwise, and can not be compared. */
  readonly id: string;
  /** Whether what was sealed can be opened again. */
  readonly opens: boolean;
  seal(key: string, text: string): string;
  /** Undefined: it was not sealed by this key, for this object. */
  open(key: string, sealed: string): string | undefined;
}

/** A kind of Kubernetes object that is remembered because the configuration says so. */
export interface OtherKind {
  /** As in its keys: `virtualservice.networking.istio.io`. */
  readonly slug: string;
  readonly resource: OtherResource;
  /** `networking.istio.io/v1` */
  readonly apiVersion: string;
  /** `VirtualService` */
  readonly kind: string;
}

/** The memory, as whoever acts is given it. */
export interface Recall extends Memory {
  /** Absent: nothing is remembered of Secrets. */
  readonly secrets?: Sealing;
  /** Kinds that are remembered beside those that always are; none when absent. */
  readonly others?: readonly OtherKind[];
  /** For how long after it a change is a suspect, and a known-good unproven, ms. */
  readonly blameMs: number;
}

/** The key of a content in the answer of `contents`. */
export const contentKey = (key: string, hash: string): string => `${key} ${hash}`;

/** The hash of the version that an object is now; undefined: it is not there. */
export function hashNow({ objects }: Pick<Remembered, 'objects'>, object: string): string | undefined {
  const history = objects.get(object);
  return history === undefined || history.goneAt !== undefined ? undefined : history.versions[0]?.hash;
}

/** One difference between now and a known-good. */
export interface Change {
  /** Key of the object. */
  readonly object: string;
  readonly what: 'changed' | 'appeared' | 'disappeared';
  /**
   * RFC 6901 pointer; the empty string for the whole object. Elements of a list whose elements all have a `name` of their own
   * are addressed by it: `/spec/template/spec/containers/[app]/image`.
   */
  readonly path: string;
  /** In the known-good; absent: it was not there. */
  readonly before?: unknown;
  /** Now; absent: it is not there. */
  readonly after?: unknown;
  /** Since when it is like that, ms since the epoch. */
  readonly at: number;
  /** By which field manager; the empty string: nobody is known. */
  readonly by: string;
  /** Of the object, in the target's graph now, else in the known-good's. */
  readonly distance: number;
}
