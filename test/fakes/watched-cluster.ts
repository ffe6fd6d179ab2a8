import type { OtherKind } from '../../src/domain/known-good.ts';
import { ActionError } from '../../src/domain/errors.ts';
import type { KubernetesClient, Resource, Watcher } from '../../src/domain/kubernetes-client.ts';
import { secretKind, watchedKinds } from '../../src/known-good/content/kinds.ts';
import type { AnyKubeObject } from './graph-objects.ts';

/** A cluster that can only be watched, and tells what the test says. */
export interface WatchedCluster {
  readonly client: KubernetesClient;
  /** All there is of a kind (`configmap`, `pod`). */
  picture(kind: string, ...all: readonly AnyKubeObject[]): void;
  /** An empty picture of every kind that has none yet, but for these. */
  emptyPictures(missing?: readonly string[]): void;
  tell(type: 'ADDED' | 'MODIFIED' | 'DELETED', kind: string, object: AnyKubeObject): void;
  interrupt(kind: string, why: string): void;
  resume(kind: string): void;
  /** Ends the watch: forbidden, from now on. */
  refuse(kind: string): void;
  /** What was forbidden is not any more. */
  allow(kind: string): void;
  /** How often each kind was asked for. */
  readonly asked: ReadonlyMap<string, number>;
}

interface Watching {
  // What a test tells is of the right kind: nothing here can know which.
  readonly on: Watcher<never>;
  readonly reject: (error: Error) => void;
}

export function createWatchedCluster(
  protectedNamespaces: readonly string[] = [],
  others: readonly OtherKind[] = [],
): WatchedCluster {
  const kinds = new Map<string, string>([
    ['pods', 'pod'],
    ...[...watchedKinds, secretKind, ...others].map((one) => [one.resource, one.slug] as const),
  ]);
  const watching = new Map<string, Watching>();
  const pictured = new Set<string>();
  const refused = new Set<string>();
  const asked = new Map<string, number>();
  const forbidden = (kind: string) => new ActionError(`may not watch ${kind}`, 'forbidden', false);
  const of = (kind: string): Watching => {
    const found = watching.get(kind);
    if (found === undefined) throw new Error(`nobody watches ${kind}`);
    return found;
  };
  const picture = (kind: string, ...all: readonly AnyKubeObject[]): void => {
    pictured.add(kind);
    of(kind).on.replaced(all);
  };
  const client = {
    name: 'prod',
    protectedNamespaces,
    watch: (resource: Resource, _: unknown, on: Watcher<never>, signal: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        const kind = kinds.get(resource) ?? resource;
        asked.set(kind, (asked.get(kind) ?? 0) + 1);
        if (refused.has(kind)) return reject(forbidden(kind));
        watching.set(kind, { on, reject });
        signal.addEventListener('abort', () => resolve(), { once: true });
      }),
  };
  return {
    // Nothing else of it may be called.
    client: client as unknown as KubernetesClient,
    picture,
    emptyPictures(missing = []) {
      for (const kind of watching.keys()) if (!pictured.has(kind) && !missing.includes(kind)) picture(kind);
    },
    tell: (type, kind, object) => of(kind).on.changed({ type, object }),
    interrupt: (kind, why) => of(kind).on.interrupted(new ActionError(why, 'unreachable', true)),
    resume: (kind) => of(kind).on.resumed(),
    refuse(kind) {
      refused.add(kind);
      watching.get(kind)?.reject(forbidden(kind));
      watching.delete(kind);
    },
    allow: (kind) => void refused.delete(kind),
    asked,
  };
}
