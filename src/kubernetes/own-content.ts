import type { Meta } from '../domain/kubernetes.ts';
import { field, type Fields, isFields, only, tidyFields } from '../domain/fields.ts';
import { modeAnnotation } from './hands-off.ts';
import { restartAnnotation } from './template-diff.ts';
import { writerOf } from './writers.ts';

/*
 * What of a Kubernetes object a person can change. Left out is what would differ though nobody has changed anything, and
 * what means nothing to another object of that name:
 *   - the status, and all of the metadata but labels and annotations: uid, versions, times, owners, finalizers, who wrote it;
 *   - annotations in which tools and controllers keep their books: kubectl's last-applied configuration, revisions, the
 *     leader of an election, what binds a claim, when something was restarted;
 *   - what a controller writes beside the person: the rules of an aggregated ClusterRole, the taints by which a node tells
 *     of its own state, all of a node but taints, cordon and labels;
 *   - the number of replicas, where an autoscaler has written it.
 * What the platform gives and a new object needs (a Service's address, a claim's volume) is in it.
 */

const bookkeeping: readonly string[] = [
  'kubectl.kubernetes.io/last-applied-configuration',
  restartAnnotation,
  'deprecated.daemonset.template.generation',
  'control-plane.alpha.kubernetes.io/leader',
  'endpoints.kubernetes.io/last-change-trigger-time',
];
const bookkeepers: readonly string[] = [
  'deployment.kubernetes.io/',
  'pv.kubernetes.io/',
  'volume.kubernetes.io/',
  'volume.beta.kubernetes.io/',
  'autoscaling.alpha.kubernetes.io/',
  'objectset.rio.cattle.io/',
  'paramedic.dev/',
];
/** A person's word to us; the storage class, as old manifests name it; and what will delete the disk one day. */
const noBookkeeping: readonly string[] = [
  modeAnnotation,
  'paramedic.dev/maintenance',
  'volume.beta.kubernetes.io/storage-class',
  'pv.kubernetes.io/provisioned-by',
];
/** Whether an annotation is anybody's but a tool's or a controller's. */
export const isKept = (annotation: string): boolean =>
  noBookkeeping.includes(annotation) ||
  !(bookkeeping.includes(annotation) || bookkeepers.some((prefix) => annotation.startsWith(prefix)));

/** A taint by which the platform, or what adds and removes nodes, tells of the node's own state: it comes and goes with that. */
export const isOfNodeState = (taint: unknown): boolean =>
  /^(node\.(cloudprovider\.)?kubernetes\.io\/|karpenter\.sh\/|(ToBeDeleted|DeletionCandidate)(Of|By)ClusterAutoscaler$)/.test(
    String(field(taint, 'key')),
  );

/**
 * The content of an object as the API gives it; `slug`: its kind in small letters. Maps have their keys in order, and those of
 * labels and annotations are not there when nothing is in them.
 */
export function ownContent(
  slug: string,
  object: { readonly metadata: Meta },
  isNoted: (annotation: string) => boolean = isKept,
): Fields {
  const metadata = noted(object.metadata, isNoted);
  const { apiVersion: _, kind: _kind, status: _status, metadata: _metadata, ...rest }: Fields = { ...object };
  return tidyFields({ ...ownFields(slug, rest, object.metadata), metadata });
}

/** Labels, and annotations that are kept; undefined when there are none. */
function noted(metadata: unknown, isNoted: (annotation: string) => boolean): Fields | undefined {
  const labels = only(field(metadata, 'labels'), () => true);
  const annotations = only(field(metadata, 'annotations'), isNoted);
  return (labels ?? annotations) ? { labels, annotations } : undefined;
}

function ownFields(slug: string, rest: Fields, meta: Meta): Fields {
  const { spec } = rest;
  switch (slug) {
    case 'deployment':
    case 'statefulset':
    case 'daemonset':
      return isFields(spec) ? { ...rest, spec: withoutAutoscaled(workload(spec), meta) } : rest;
    case 'node': {
      const taints = field(spec, 'taints');
      const ours: readonly unknown[] = Array.isArray(taints) ? taints.filter((one) => !isOfNodeState(one)) : [];
      const told = { unschedulable: field(spec, 'unschedulable') === true || undefined, taints: nonEmpty(ours) };
      return (told.unschedulable ?? told.taints) ? { spec: told } : {};
    }
    case 'persistentvolume': {
      const claim = field(spec, 'claimRef');
      if (!isFields(spec) || !isFields(claim)) return rest;
      // Its uid stays: a volume that is made anew would else not go back to the claim that had it.
      const { resourceVersion: _, ...claimRef } = claim;
      return { ...rest, spec: { ...spec, claimRef } };
    }
    case 'namespace':
      return {};
    case 'secret':
      return { type: rest['type'], data: rest['data'], immutable: rest['immutable'] };
    case 'clusterrole': {
      if (!isFields(rest['aggregationRule'])) return rest;
      const { rules: _, ...own } = rest;
      return own;
    }
    default:
      return rest;
  }
}

function workload(spec: Fields): Fields {
  const { template, volumeClaimTemplates: claims } = spec;
  const volumeClaimTemplates: unknown = Array.isArray(claims) ? claims.map(withoutStatus) : claims;
  if (!isFields(template)) return { ...spec, volumeClaimTemplates };
  return { ...spec, volumeClaimTemplates, template: { ...template, metadata: noted(template['metadata'], isKept) } };
}

/** The autoscaler's own hand; a person's `kubectl scale` has another name. */
function withoutAutoscaled({ replicas, ...spec }: Fields, { managedFields }: Meta): Fields {
  const isAutoscaled = writerOf(managedFields, ['spec', 'replicas'])?.manager === 'kube-controller-manager';
  return isAutoscaled ? spec : { ...spec, replicas };
}

function withoutStatus(claim: unknown): unknown {
  if (!isFields(claim)) return claim;
  const { status: _, ...rest } = claim;
  return rest;
}

const nonEmpty = (list: readonly unknown[]): readonly unknown[] | undefined => (list.length === 0 ? undefined : list);
