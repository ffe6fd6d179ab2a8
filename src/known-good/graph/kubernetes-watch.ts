import { setMaxListeners } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../domain/clock.ts';
import { ActionError, messageOf } from '../../domain/errors.ts';
import type { OtherKind, Sealing } from '../../domain/known-good.ts';
import type { Meta, Pod } from '../../domain/kubernetes.ts';
import type { KubernetesClient, Resource, Resources, Watcher } from '../../domain/kubernetes-client.ts';
import { closedBecause } from '../../kubernetes/closed-namespace.ts';
import { otherKind, secretKind, watchedKinds } from '../content/kinds.ts';
import type { PlatformWatch, Recorder } from '../recorder.ts';
import { sealedSecret } from '../secrets/sealed-secret.ts';
import { createCurrency } from './currency.ts';
import { createNamespaces } from './namespaces.ts';
import { namespacesFirst } from './namespaces-first.ts';
import { createTargets } from './targets.ts';
import { createToldObjects } from './told-objects.ts';
import { createWorld } from './world.ts';

export interface KubernetesWatchOptions {
  readonly clock: Clock;
  /**
   * We may not watch a kind, or can not watch one that only the configuration names: a sentence with what is missing. Told
   * once for each; the rest goes on without it.
   */
  readonly onForbidden: (sentence: string) => void;
  /** Absent: nothing is remembered of Secrets, and nothing is asked about them. */
  readonly secrets?: Sealing;
  /** Kinds beside those that always are. */
  readonly others?: readonly OtherKind[];
  /** What happens within so many ms is told as one. */
  readonly settleMs?: number;
  /** An interruption of less is none, ms. */
  readonly patienceMs?: number;
}

/** A right that was given meanwhile is found after as long. */
const forbiddenMs = 300_000;
const brokenMs = 30_000;
/** Beside the kinds of objects, what has to be heard of before all is current. */
const podsPart = 'pods';
const graphPart = 'the graph';
const namespacesPart = 'namespace';

type Told = { readonly metadata: Meta };
/** What is done with what is heard of one kind. */
interface Picture<T extends Told = Told> {
  replaced(all: readonly T[]): void;
  changed(object: T, isThere: boolean): void;
}

/** The watch over one cluster; nothing is kept from one run to the next. It only reads. */
export const createKubernetesWatch = (client: KubernetesClient, options: KubernetesWatchOptions): PlatformWatch => ({
  place: `kubernetes/${client.name}`,
  run: (recorder, signal) => watchCluster(client, options, recorder, signal),
});

async function watchCluster(
  client: KubernetesClient,
  { clock, onForbidden, secrets, others = [], settleMs = 250, patienceMs = 10_000 }: KubernetesWatchOptions,
  told: Recorder,
  signal: AbortSignal,
): Promise<void> {
  const recorder = namespacesFirst(told);
  // Each kind listens to it.
  setMaxListeners(0, signal);
  const now = (): number => clock.now();
  const kinds = [...watchedKinds, ...(secrets === undefined ? [] : [secretKind]), ...others.map(otherKind)];
  recorder.only(kinds.map(({ slug }) => slug));
  const world = createWorld(client.name, kinds);
  const targets = createTargets(world, recorder, now);
  const objects = createToldObjects(recorder, world.keys, now, secrets);
  const namespaces = createNamespaces((namespace) => {
    objects.forget(namespace);
    targets.forget(namespace);
  });
  const parts = [...kinds.map(({ slug }) => slug), podsPart];
  const currency = createCurrency([...parts, graphPart], recorder, patienceMs, clock, signal);
  const forbidden = new Set<string>();
  const leftOut = new Set<string>();
  const optional = new Set([secretKind.slug, ...others.map(({ slug }) => slug)]);
  let isDue = false;

  /** Nothing is said of the graph before all of it can be seen. */
  function due(): void {
    if (isDue || !currency.isPictured(parts) || !parts.some(currency.hasPicture)) return;
    isDue = true;
    void clock.sleep(settleMs, signal).then(settle, () => undefined);
  }
  async function settle(): Promise<void> {
    isDue = false;
    try {
      while (!targets.settle()) await setImmediate();
      if (!signal.aborted) currency.heard(graphPart);
    } catch (error) {
      currency.lost(graphPart, `what depends on what is not known: ${messageOf(error)}`);
    }
  }

  // One that lives in no namespace is not of a kind that can be put back.
  const isOurs = ({ metadata }: Told, kind: string): boolean =>
    (metadata.namespace !== undefined || !others.some(({ slug }) => slug === kind)) &&
    closedBecause(kind === 'namespace' ? metadata.name : (metadata.namespace ?? ''), client) === undefined;

  function ofKind(kind: string): Picture {
    const keyOf = ({ metadata: { namespace = '', name } }: Told): string => world.keys.of(kind, namespace, name);
    /** As it was told, but for what a Secret holds: nothing here ever sees that. */
    const kept = (object: Told): Told =>
      kind === 'secret' && secrets !== undefined ? sealedSecret(object, keyOf(object), secrets) : object;
    return {
      replaced(all) {
        const ours = all.filter((object) => isOurs(object, kind)).map(kept);
        if (kind === 'namespace') namespaces.replaced(ours);
        const remembered = new Set(objects.replaced(kind, ours));
        targets.retain(kind, remembered);
        for (const object of ours) if (remembered.has(keyOf(object))) targets.put(kind, object);
      },
      changed(whole, isThere) {
        const object = kept(whole);
        const seen = isThere ? objects.seen(kind, object) : 'not remembered';
        if (seen !== 'not remembered') {
          targets.put(kind, object, seen === 'as it was');
          if (kind === 'namespace') namespaces.seen(object);
          return;
        }
        objects.gone(keyOf(object));
        targets.remove(keyOf(object));
        if (kind === 'namespace') namespaces.gone(object);
      },
    };
  }
  const ofPods: Picture<Pod> = {
    replaced: (all) => targets.replacePods(all.filter((pod) => isOurs(pod, podsPart))),
    changed(pod, isThere) {
      if (isThere) targets.putPod(pod);
      else targets.removePod(pod.metadata.namespace ?? '', pod.metadata.name);
    },
  };

  const watcher = <R extends Resource>(part: string, picture: Picture<Resources[R]>): Watcher<R> => ({
    replaced(all) {
      leftOut.delete(part);
      picture.replaced(all);
      currency.heard(part);
      due();
    },
    changed({ type, object }) {
      if (!isOurs(object, part)) return;
      picture.changed(object, type !== 'DELETED');
      due();
    },
    // Of what not everybody has the rest is known without it: a webhook of a mesh, or the keys of Secrets, may be what is ill.
    interrupted: ({ message }) => (optional.has(part) ? leaveOut(part, message) : currency.lost(part, message)),
    resumed() {
      leftOut.delete(part);
      currency.heard(part);
    },
  });

  /** A kind that was heard of, and is refused now, is lost; one that never was is left out. */
  function failed(part: string, error: unknown): number {
    const why = messageOf(error);
    if (part === namespacesPart) recorder.open();
    if (optional.has(part)) {
      leaveOut(part, why);
      return forbiddenMs;
    }
    if (!(error instanceof ActionError) || error.reason !== 'forbidden' || currency.hasPicture(part)) {
      currency.lost(part, why);
      return brokenMs;
    }
    forbidden.add(part);
    if (parts.every((one) => forbidden.has(one))) currency.lost(graphPart, why);
    leaveOut(part, why);
    return forbiddenMs;
  }
  /** Told once, until it is heard of. */
  function leaveOut(part: string, why: string): void {
    if (!leftOut.has(part)) onForbidden(why);
    leftOut.add(part);
    currency.leftOut(part, why);
    due();
  }

  async function watch<R extends Resource>(
    part: string,
    resource: R,
    picture: Picture<Resources[R]>,
    fieldSelector?: string,
  ): Promise<void> {
    const options = { namespace: '', cached: true, ...(fieldSelector !== undefined && { fieldSelector }) } as const;
    while (!signal.aborted) {
      try {
        // It ends when we are told to end, or the client is closed.
        await client.watch(resource, options, watcher<R>(part, picture), signal);
        return;
      } catch (error) {
        if (signal.aborted) return;
        await clock.sleep(failed(part, error), signal).catch(() => undefined);
      }
    }
  }
  await Promise.all([
    watch(podsPart, 'pods', ofPods),
    ...kinds.map(({ slug, resource, fieldSelector }) => watch(slug, resource, ofKind(slug), fieldSelector)),
  ]);
}
