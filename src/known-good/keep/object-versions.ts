import type { Content, ObjectHistory, Version } from '../../domain/known-good.ts';
import type { KeepWrite } from '../../domain/known-good-store.ts';
import type { SeenObject } from '../recorder.ts';
import type { Look } from './stamps.ts';
import { keptVersions, versionOf } from './versions.ts';

interface Newest {
  readonly version: Version;
  readonly content: Content;
}

interface One {
  /** As the store has them. */
  versions: readonly Version[];
  goneAt: number | undefined;
  /** What it is now, and the store has not: only the newest, whatever came before it. */
  pending: Newest | undefined;
  /** The same, on its way to the store. */
  underWay: Newest | undefined;
  /** ms since the epoch */
  writtenAt: number;
}

export interface VersionOptions {
  /** How many versions an object keeps, besides those that a known-good needs. */
  readonly most: number;
  /** At least so long between two versions of one object that are kept, ms. */
  readonly apartMs: number;
  /** Whether a known-good has that version of that object. */
  readonly needed: (key: string, hash: string) => boolean;
}

/** A write, and what its end means for us. */
export interface ObjectWrite {
  readonly write: Extract<KeepWrite, { write: 'object' }>;
  readonly settled: (written: boolean) => void;
}

/** The versions of all objects of a place, and which of them are still to be written. Times are in ms since the epoch. */
export interface ObjectVersions {
  readonly look: Look;
  /** True: it is not what it was. */
  seen(object: SeenObject, now: number): boolean;
  /** True: it was there. */
  gone(key: string, now: number): boolean;
  /** Keys of those of a kind that are there. */
  present(kind: string): readonly string[];
  /** Of the very instance that is there, or was at last. */
  uidOf(key: string): string | undefined;
  /** Keys of all that begin with it. */
  under(prefix: string): readonly string[];
  /** Keys of those that have been gone since before that. */
  goneBefore(at: number): readonly string[];
  forget(key: string): void;
  /** What may be written now, at most so many; each has to be settled before more is asked for. */
  toWrite(now: number, most: number): readonly ObjectWrite[];
}

/** Begins with what the store has. */
export function createObjectVersions(kept: readonly ObjectHistory[], options: VersionOptions): ObjectVersions {
  const objects = new Map<string, One>();
  const dirty = new Set<string>();
  const blank = { pending: undefined, underWay: undefined, writtenAt: 0 };
  for (const { key, versions, goneAt } of kept) objects.set(key, { versions, goneAt, ...blank });

  const write = (key: string, one: One, now: number): ObjectWrite => {
    const { pending, goneAt } = one;
    const all = pending === undefined ? one.versions : [pending.version, ...one.versions];
    const versions = keptVersions(all, options.most, (hash) => options.needed(key, hash));
    const isNew = pending !== undefined && !one.versions.some(({ hash }) => hash === pending.version.hash);
    one.underWay = pending;
    dirty.delete(key);
    return {
      write: {
        write: 'object',
        history: { key, versions, ...(goneAt !== undefined && { goneAt }) },
        contents: isNew ? [{ hash: pending.version.hash, content: pending.content }] : [],
      },
      settled(written) {
        one.underWay = undefined;
        if (!written) {
          dirty.add(key);
          return;
        }
        one.versions = versions;
        one.writtenAt = now;
        if (one.pending === pending || isSame(one.pending?.version, versions[0])) one.pending = undefined;
      },
    };
  };

  return {
    look(key) {
      const one = objects.get(key);
      const hash = one?.pending?.version.hash ?? one?.versions[0]?.hash;
      if (one === undefined || one.goneAt !== undefined || hash === undefined) return undefined;
      return { hash, kept: one.pending === undefined };
    },
    seen(object, now) {
      const { key, content, version } = object;
      const one = objects.get(key) ?? { versions: [], goneAt: undefined, ...blank };
      const last = one.pending?.version ?? one.versions[0];
      const returns = one.goneAt !== undefined;
      if (isSame(version, last) && !returns) return false;
      objects.set(key, one);
      one.goneAt = undefined;
      dirty.add(key);
      if (isSame(version, last)) return true;
      const back = one.underWay === undefined && isSame(version, one.versions[0]);
      one.pending = back ? undefined : { version: versionOf(object, last, now), content };
      return returns || version.hash !== last?.hash;
    },
    gone(key, now) {
      const one = objects.get(key);
      if (one === undefined || one.goneAt !== undefined) return false;
      one.goneAt = now;
      dirty.add(key);
      return true;
    },
    present: (kind) =>
      [...objects].flatMap(([key, { goneAt }]) => (goneAt === undefined && isOfKind(key, kind) ? [key] : [])),
    uidOf(key) {
      const one = objects.get(key);
      return (one?.pending?.version ?? one?.versions[0])?.uid;
    },
    under: (prefix) => [...objects.keys()].filter((key) => key.startsWith(prefix)),
    goneBefore: (at) => [...objects].flatMap(([key, { goneAt }]) => (goneAt !== undefined && goneAt < at ? [key] : [])),
    forget(key) {
      objects.delete(key);
      dirty.delete(key);
    },
    toWrite(now, most) {
      const writes: ObjectWrite[] = [];
      for (const key of dirty) {
        const one = objects.get(key);
        if (one === undefined || now - one.writtenAt < options.apartMs) continue;
        writes.push(write(key, one, now));
        if (writes.length === most) break;
      }
      return writes;
    },
  };
}

/** The same content, in the very same instance. */
const isSame = (one: Version | undefined, other: Version | undefined): boolean =>
  one !== undefined && one.hash === other?.hash && one.uid === other.uid;

/** `kubernetes/prod/shop/configmap/settings` is of the kind `configmap`. */
const isOfKind = (key: string, kind: string): boolean => key.split('/').at(-2) === kind;
