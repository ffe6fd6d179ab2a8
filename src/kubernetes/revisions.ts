import type { Deployment, PodTemplate, ReplicaSet } from '../domain/kubernetes.ts';
import { earlierThan, type KeptRevision } from './earlier-than.ts';
import { plainTemplate, templateHash } from './template-diff.ts';

const revisionNote = 'deployment.kubernetes.io/revision';
/** The numbers a ReplicaSet had before it was gone back to: `2,5`, oldest first. */
const historyNote = 'deployment.kubernetes.io/revision-history';

/** One version of a Deployment's template, as its ReplicaSet keeps it. `born` is the number it had when it was new. */
export interface Revision extends KeptRevision {
  readonly replicaSet: { readonly name: string; readonly uid: string };
}

export interface History {
  /** `templateHash` of the template the Deployment has now. */
  readonly hash: string;
  readonly template: PodTemplate;
  /** Absent while the controller has not made a ReplicaSet of it yet. */
  readonly current?: Revision;
  /** Those that came before the current one and are another version, newest first. */
  readonly earlier: readonly Revision[];
}

const numberOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^[0-9]+$/.test(text) ? Number(text) : undefined;

function revisionOf({ metadata, spec, status }: ReplicaSet): Revision | undefined {
  const number = numberOf(metadata.annotations?.[revisionNote]);
  if (number === undefined) return undefined;
  return {
    number,
    born: numberOf(metadata.annotations?.[historyNote]?.split(',')[0]) ?? number,
    replicaSet: { name: metadata.name, uid: metadata.uid },
    podHash: metadata.labels?.['pod-template-hash'] ?? '',
    available: status?.availableReplicas ?? 0,
    template: plainTemplate(spec.template),
  };
}

/** The history of a Deployment out of the ReplicaSets its selector finds; those of other owners are left out. */
export function historyOf(deployment: Deployment, replicaSets: readonly ReplicaSet[]): History {
  const { uid } = deployment.metadata;
  const template = plainTemplate(deployment.spec.template);
  const hash = templateHash(template);
  const revisions = replicaSets
    .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.controller === true && owner.uid === uid))
    .flatMap((one) => revisionOf(one) ?? [])
    .toSorted((a, b) => b.number - a.number);
  const current = revisions.find((one) => templateHash(one.template) === hash);
  const earlier = earlierThan(template, current, revisions);
  return { hash, template, earlier, ...(current && { current }) };
}

/** Whether an action's own reads came to a history. */
export const isHistory = (value: unknown): value is History =>
  typeof value === 'object' && value !== null && 'hash' in value && 'earlier' in value;
