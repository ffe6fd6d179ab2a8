import type { Meta } from '../../domain/kubernetes.ts';
import { mapAt, numberAt, textAt } from './fields.ts';

/** What a workload says of its own roll-out. */
export interface Counts {
  /** Its controller has taken up the latest change. */
  readonly observed: boolean;
  readonly paused: boolean;
  readonly desired: number;
  readonly ready: number;
  readonly available: number;
  readonly updated: number;
  /** Pods that are meant to stay of the old version: by a partition, or because it updates on deletion only. */
  readonly held: number;
  /** Pods of an old version that are there beside the new ones. */
  readonly old: number;
}

/** Of a Deployment, StatefulSet or DaemonSet. */
export function countsOf(kind: string, object: { readonly metadata: Meta }): Counts {
  const status = mapAt(object, 'status');
  const count = (field: string): number => numberAt(status, field) ?? 0;
  const observed = count('observedGeneration') >= (object.metadata.generation ?? 0);
  const onDelete = textAt(object, 'spec', 'updateStrategy', 'type') === 'OnDelete';
  if (kind === 'daemonset') {
    const desired = count('desiredNumberScheduled');
    return {
      observed,
      paused: false,
      desired,
      ready: count('numberReady'),
      available: count('numberAvailable'),
      updated: count('updatedNumberScheduled'),
      held: onDelete ? desired : 0,
      old: 0,
    };
  }
  const desired = numberAt(object, 'spec', 'replicas') ?? 1;
  const partition = numberAt(object, 'spec', 'updateStrategy', 'rollingUpdate', 'partition') ?? 0;
  const updated = count('updatedReplicas');
  return {
    observed,
    paused: mapAt(object, 'spec')['paused'] === true,
    desired,
    ready: count('readyReplicas'),
    available: count('availableReplicas'),
    updated,
    held: kind === 'deployment' ? 0 : onDelete ? desired : Math.min(desired, partition),
    old: kind === 'deployment' ? Math.max(0, count('replicas') - updated) : 0,
  };
}
