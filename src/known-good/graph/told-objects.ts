import type { Sealing } from '../../domain/known-good.ts';
import type { Meta } from '../../domain/kubernetes.ts';
import { contentOf, versionHashOf } from '../content/content-of.ts';
import { writerAt } from '../content/writer-at.ts';
import type { Recorder, SeenObject } from '../recorder.ts';
import type { Keys } from './links.ts';

/**
 * Watches of two kinds do not wait for each other: objects of a namespace that was made anew can be heard of before the end
 * of the namespace before it. What is that new is told again then.
 */
const freshMs = 10_000;

/** A ConfigMap or a Secret that holds more is data, and ten versions of it too much to keep. */
const mostLetters = 262_144;

/** What is told of the objects of one cluster: each version once, whatever else changes in it. */
export interface ToldObjects {
  /** All of one kind; answers the keys of those that are remembered: bookkeeping is not. */
  replaced(kind: string, all: readonly { readonly metadata: Meta }[]): readonly string[];
  /** Answers whether it is remembered. */
  seen(kind: string, object: { readonly metadata: Meta }): boolean;
  gone(key: string): void;
  /** Everything in the namespace is forgotten, but for what has just been made. */
  forget(namespace: string): void;
}

/** `secrets`: what sealed those that are told of. */
export function createToldObjects(
  recorder: Pick<Recorder, 'replaced' | 'seen' | 'gone' | 'forget'>,
  keys: Keys,
  now: () => number,
  secrets?: Sealing,
): ToldObjects {
  /** By kind, then by key: the version, and the instance. */
  const told = new Map<string, Map<string, string>>();
  const fresh = new Map<string, { readonly object: SeenObject; readonly at: number }>();
  const ofKind = (kind: string): Map<string, string> => {
    const known = told.get(kind) ?? new Map<string, string>();
    told.set(kind, known);
    return known;
  };

  function seenOf(kind: string, object: { readonly metadata: Meta }): SeenObject | undefined {
    const content = contentOf(kind, object);
    if (content === undefined) return undefined;
    const text = JSON.stringify(content);
    if (['configmap', 'secret'].includes(kind) && text.length > mostLetters) return undefined;
    const { namespace = '', name, uid } = object.metadata;
    return {
      key: keys.of(kind, namespace, name),
      content,
      version: {
        hash: versionHashOf(text, kind === 'secret' ? secrets : undefined),
        uid,
        ...writerAt(object.metadata),
      },
    };
  }
  function noteFresh(object: SeenObject): void {
    for (const [key, { at }] of fresh) {
      if (at > now() - freshMs) break;
      fresh.delete(key);
    }
    fresh.delete(object.key);
    fresh.set(object.key, { object, at: now() });
  }
  function gone(key: string): void {
    fresh.delete(key);
    for (const known of told.values()) if (known.delete(key)) recorder.gone(key, now());
  }

  return {
    replaced(kind, all) {
      const seen = all.map((object) => seenOf(kind, object)).filter((object) => object !== undefined);
      const versions = seen.map(({ key, version }) => [key, `${version.hash} ${version.uid}`] as const);
      const after = new Map(versions);
      told.set(kind, after);
      recorder.replaced(kind, seen);
      return [...after.keys()];
    },
    seen(kind, object) {
      const seen = seenOf(kind, object);
      if (seen === undefined) return false;
      const { key, version } = seen;
      const before = ofKind(kind).get(key);
      const after = `${version.hash} ${version.uid}`;
      if (before === after) return true;
      if (before?.endsWith(` ${version.uid}`) !== true || fresh.has(key)) noteFresh(seen);
      ofKind(kind).set(key, after);
      recorder.seen(seen);
      return true;
    },
    gone,
    forget(namespace) {
      const prefix = keys.prefix(namespace);
      recorder.forget(prefix);
      for (const known of told.values())
        for (const key of known.keys()) if (key.startsWith(prefix) && !fresh.has(key)) known.delete(key);
      for (const [key, { object }] of fresh) if (key.startsWith(prefix)) recorder.seen(object);
    },
  };
}
