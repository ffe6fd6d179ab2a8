import { z } from 'zod';
import type { ControllerRevision, DaemonSet, Pod, StatefulSet } from '../domain/kubernetes.ts';
import { controllerOf } from './controller-of.ts';
import { earlierThan, type KeptRevision } from './earlier-than.ts';
import { podDigest } from './pod-digest.ts';
import type { PodDigest } from './state.ts';
import { plainTemplate, templateHash } from './template-diff.ts';
import { timeOf } from './time.ts';

/**
 * One version of the template of a StatefulSet or a DaemonSet, as its ControllerRevision keeps it. Going back to a
 * version gives its ControllerRevision a new number and leaves nothing of the old one, so `born` is when it was made, ms
 * since the epoch. Those are whole seconds: of two versions made within one neither counts as the earlier.
 */
export interface SetRevision extends KeptRevision {
  readonly controllerRevision: { readonly name: string; readonly uid: string };
}

export interface SetHistory {
  /** `templateHash` of the template it has now. */
  readonly hash: string;
  /** Absent while the controller has not kept it yet. */
  readonly current?: SetRevision;
  /** Those that came before the current one and are another version, the highest number first. */
  readonly earlier: readonly SetRevision[];
  /** All its pods, be they as many as they may. */
  readonly pods: readonly PodDigest[];
}

export interface SetObjects {
  readonly set: StatefulSet | DaemonSet;
  /** Those its selector finds: other owners' may be among them. */
  readonly revisions: readonly ControllerRevision[];
  /** Its own, as `ownPods` tells. */
  readonly pods: readonly Pod[];
}

const availability = z.object({ minReadySeconds: z.number().default(0) });

/** The template that a ControllerRevision keeps, without the directive of the patch that it is. */
export function templateKept({ data }: ControllerRevision): KeptRevision['template'] | undefined {
  const template = data?.spec?.template;
  if (template === undefined) return undefined;
  const { metadata, spec } = template;
  return plainTemplate({ ...(metadata && { metadata }), spec });
}

/** A StatefulSet's pods carry the name of their ControllerRevision, a DaemonSet's the hash that is a label of it. */
const podHashOf = ({ metadata }: ControllerRevision): string =>
  metadata.labels?.['controller-revision-hash'] ?? metadata.name;

/** Ready for as long as the workload asks. */
function isAvailable({ status }: Pod, minReadyMs: number, now: number): boolean {
  const ready = status?.conditions?.find(({ type, status: is }) => type === 'Ready' && is === 'True');
  return ready !== undefined && (minReadyMs === 0 || now - timeOf(ready.lastTransitionTime) >= minReadyMs);
}

/** The history of a StatefulSet or a DaemonSet, and what its pods say of it at `now`, ms since the epoch. */
export function setHistoryOf({ set, revisions, pods }: SetObjects, now = Date.now()): SetHistory {
  const { uid } = set.metadata;
  const minReadyMs = availability.parse(set.spec).minReadySeconds * 1000;
  const own = pods.map((pod) => ({ digest: podDigest(pod, now), available: isAvailable(pod, minReadyMs, now) }));
  const kept = revisions
    .filter(({ metadata }) => controllerOf(metadata)?.uid === uid)
    .flatMap((one): readonly SetRevision[] => {
      const template = templateKept(one);
      if (template === undefined) return [];
      const { name, uid: revisionUid, creationTimestamp } = one.metadata;
      const podHash = podHashOf(one);
      const its = own.filter(({ digest: { revision, ready } }) => revision === podHash && ready);
      return [
        {
          number: one.revision,
          born: timeOf(creationTimestamp),
          controllerRevision: { name, uid: revisionUid },
          podHash,
          available: its.filter(({ available }) => available).length,
          template,
        },
      ];
    })
    .toSorted((a, b) => b.number - a.number);
  const template = plainTemplate(set.spec.template);
  const hash = templateHash(template);
  const current = kept.find((one) => templateHash(one.template) === hash);
  return {
    hash,
    earlier: earlierThan(template, current, kept),
    pods: own.map(({ digest }) => digest),
    ...(current && { current }),
  };
}

/** Whether an action's own reads came to one. */
export const isSetHistory = (value: unknown): value is SetHistory =>
  typeof value === 'object' && value !== null && 'hash' in value && 'earlier' in value && 'pods' in value;
