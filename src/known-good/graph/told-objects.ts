import type { Sealing } from '../../domain/known-good.ts';
import type { Meta } from '../../domain/kubernetes.ts';
import { contentOf, versionHashOf } from '../content/content-of.ts';
import { isKept } from '../../kubernetes/own-content.ts';
import { writerAt } from '../content/writer-at.ts';
import { holdsData } from '../content/kinds.ts';
import type { Recorder, SeenObject } from '../recorder.ts';
import { type Keys, workloadKinds } from './links.ts';

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
  /** `not remembered`; or whether it is what it was when it was told last, as far as it is remembered. */
  seen(kind: string, object: { readonly metadata: Meta }): 'not remembered' | 'as it was' | 'another';
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
  /** By key, of what is told: what is another one with each change that is remembered. */
  const marks = new Map<string, string>();
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
    if (holdsData(kind) && text.length > mostLetters) return undefined;
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
    marks.delete(key);
    for (const known of told.values()) if (known.delete(key)) recorder.gone(key, now());
  }

  return {
    replaced(kind, all) {
      marks.clear();
      const seen = all.map((object) => seenOf(kind, object)).filter((object) => object !== undefined);
      const versions = seen.map(({ key, version }) => [key, `${version.hash} ${version.uid}`] as const);
      const after = new Map(versions);
      told.set(kind, after);
      recorder.replaced(kind, seen);
      return [...after.keys()];
    },
    seen(kind, object) {
      const { namespace = '', name } = object.metadata;
      const mark = workloadKinds.has(kind) ? markOf(object.metadata) : undefined;
      const known = keys.of(kind, namespace, name);
      // Most of what is told is another status: there is no need to look at all of the object.
      if (mark !== undefined && marks.get(known) === mark && ofKind(kind).has(known)) return 'as it was';
      const seen = seenOf(kind, object);
      if (mark === undefined || seen === undefined) marks.delete(known);
      else marks.set(known, mark);
      if (seen === undefined) return 'not remembered';
      const { key, version } = seen;
      const before = ofKind(kind).get(key);
      const after = `${version.hash} ${version.uid}`;
      if (before === after) return 'as it was';
      if (before?.endsWith(` ${version.uid}`) !== true || fresh.has(key)) noteFresh(seen);
      ofKind(kind).set(key, after);
      recorder.seen(seen);
      return 'another';
    },
    gone,
    forget(namespace) {
      const prefix = keys.prefix(namespace);
      marks.clear();
      recorder.forget(prefix);
      for (const known of told.values())
        for (const key of known.keys()) if (key.startsWith(prefix) && !fresh.has(key)) known.delete(key);
      for (const [key, { object }] of fresh) if (key.startsWith(prefix)) recorder.seen(object);
    },
  };
}

/**
 * Of a workload, whose status changes all the time, the API counts the changes of everything but metadata and status (other
 * kinds may have a `generation` that stays 1). Undefined: it does not say. Who wrote it is in the mark as well, because what
 * an autoscaler wrote is not remembered.
 */
function markOf({ uid, generation, labels, annotations = {}, managedFields = [] }: Meta): string | undefined {
  if (generation === undefined) return undefined;
  const kept = Object.entries(annotations).filter(([name]) => isKept(name));
  const writers = managedFields.flatMap(({ manager = '', subresource = '' }) =>
    subresource === 'status' ? [] : [`${manager}/${subresource}`],
  );
  return JSON.stringify([uid, generation, labels, kept, writers]);
}
