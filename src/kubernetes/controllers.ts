import type { DaemonSet, Deployment, LabelSelector, Meta, PodTemplate, StatefulSet } from '../domain/kubernetes.ts';
import type { KubernetesClient, Place } from '../domain/kubernetes-client.ts';
import { short } from './container-trouble.ts';
import type { WorkloadState } from './state.ts';

/** What the three kinds of workload have in common, in one shape. */
export interface Controller extends Pick<
  WorkloadState,
  'desired' | 'updated' | 'available' | 'observed' | 'paused' | 'strategy' | 'maxUnavailable' | 'stalled'
> {
  readonly metadata: Meta;
  readonly selector: LabelSelector;
  readonly template: PodTemplate;
  readonly held: number;
  /** How many of its pods are where none is meant to be. Absent: 0. */
  readonly misplaced?: number;
}

/** Reads one of them; undefined: there is none of that name. Throws ActionError. */
export const readController: Readonly<
  Record<
    WorkloadState['kind'],
    (client: KubernetesClient, place: Place, signal?: AbortSignal) => Promise<Controller | undefined>
  >
> = {
  deployment: async (client, place, signal) => {
    const found = await client.get('deployments.apps', place, signal);
    return found && ofDeployment(found);
  },
  statefulset: async (client, place, signal) => {
    const found = await client.get('statefulsets.apps', place, signal);
    return found && ofStatefulSet(found);
  },
  daemonset: async (client, place, signal) => {
    const found = await client.get('daemonsets.apps', place, signal);
    return found && ofDaemonSet(found);
  },
};

const isObserved = ({ generation = 0 }: Meta, observedGeneration = 0): boolean => observedGeneration >= generation;

/** An absolute number, or a part of the whole: `25%`. The API fills in the default; undefined: there is none. */
function countOf(given: number | string | undefined, whole: number, round: (of: number) => number): number | undefined {
  if (typeof given !== 'string') return given;
  return round((Number.parseInt(given, 10) * whole) / 100);
}

function ofDeployment({ metadata, spec, status }: Deployment): Controller {
  const observed = isObserved(metadata, status?.observedGeneration);
  const desired = spec.replicas ?? 1;
  const rolling = spec.strategy?.rollingUpdate;
  const maxUnavailable = countOf(rolling?.maxUnavailable, desired, Math.floor);
  const surges = (countOf(rolling?.maxSurge, desired, Math.ceil) ?? 0) > 0;
  return {
    metadata,
    selector: spec.selector,
    template: spec.template,
    desired,
    updated: status?.updatedReplicas ?? 0,
    available: status?.availableReplicas ?? 0,
    observed,
    paused: spec.paused ?? false,
    strategy: spec.strategy?.type ?? 'RollingUpdate',
    // With neither, a roll-out could not begin: its controller takes one away then.
    ...(maxUnavailable !== undefined && { maxUnavailable: surges ? maxUnavailable : Math.max(1, maxUnavailable) }),
    // Until it has looked, what it says is about the specification before.
    stalled: observed ? stalledBy(status) : '',
    held: 0,
  };
}

function stalledBy(status: Deployment['status']): string {
  const condition = (type: string, is: string) =>
    status?.conditions?.find((one) => one.type === type && one.status === is);
  // The reason why comes before that it takes too long.
  const failed = condition('ReplicaFailure', 'True');
  if (failed) return `its pods can not be created (${short(failed.message ?? failed.reason ?? 'no reason given')})`;
  const stuck = condition('Progressing', 'False');
  return stuck ? `its rollout is stuck (${stuck.reason ?? short(stuck.message ?? 'no reason given')})` : '';
}

function ofStatefulSet({ metadata, spec, status }: StatefulSet): Controller {
  const desired = spec.replicas ?? 1;
  const strategy = spec.updateStrategy?.type ?? 'RollingUpdate';
  const updated = status?.updatedReplicas ?? 0;
  const { partition = 0, maxUnavailable: given } = spec.updateStrategy?.rollingUpdate ?? {};
  // Honoured since Kubernetes 1.35. Its controller rounds down, its documentation up.
  const maxUnavailable = countOf(given, desired, Math.ceil);
  return {
    metadata,
    selector: spec.selector,
    template: spec.template,
    desired,
    updated,
    available: status?.availableReplicas ?? 0,
    observed: isObserved(metadata, status?.observedGeneration),
    paused: false,
    strategy,
    ...(maxUnavailable !== undefined && { maxUnavailable }),
    stalled: '',
    held: strategy === 'OnDelete' ? desired : Math.min(desired, partition),
  };
}

function ofDaemonSet({ metadata, spec, status }: DaemonSet): Controller {
  const desired = status?.desiredNumberScheduled ?? 0;
  const strategy = spec.updateStrategy?.type ?? 'RollingUpdate';
  const maxUnavailable = countOf(spec.updateStrategy?.rollingUpdate?.maxUnavailable, desired, Math.ceil);
  const observed = isObserved(metadata, status?.observedGeneration);
  return {
    metadata,
    selector: spec.selector,
    template: spec.template,
    // One that has just been made: nobody has counted the nodes yet, and it is not well because of that.
    desired: observed ? desired : Math.max(1, desired),
    updated: status?.updatedNumberScheduled ?? 0,
    available: status?.numberAvailable ?? 0,
    observed,
    paused: false,
    strategy,
    ...(maxUnavailable !== undefined && { maxUnavailable }),
    stalled: '',
    held: strategy === 'OnDelete' ? desired : 0,
    misplaced: status?.numberMisscheduled ?? 0,
  };
}
