import type { ContainerStatus, Pod } from '../domain/kubernetes.ts';
import { lifetimeOf } from './container-trouble.ts';
import { handsOff } from './hands-off.ts';
import { podTrouble } from './pod-trouble.ts';
import { sidecarStatuses } from './sidecars.ts';
import type { PodDigest } from './state.ts';
import { timeOf } from './time.ts';

/** A pod as far as we judge it, at `now` (ms since the epoch): it alone knows how long something has lasted. */
export function podDigest(pod: Pod, now = Date.now()): PodDigest {
  const { metadata, spec, status } = pod;
  const { labels } = metadata;
  const terminating = metadata.deletionTimestamp !== undefined;
  const last = lastDeath(pod);
  const mode = handsOff(metadata);
  return {
    name: metadata.name,
    uid: metadata.uid,
    node: spec.nodeName ?? '',
    revision: labels?.['pod-template-hash'] ?? labels?.['controller-revision-hash'] ?? '',
    ready:
      !terminating && status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true,
    terminating,
    trouble: podTrouble(pod, now),
    ...(metadata.creationTimestamp !== undefined && { createdAt: timeOf(metadata.creationTimestamp) }),
    startedAt: Math.max(0, ...working(pod).map(startOf)),
    diedAt: last?.at ?? 0,
    ...(last && { lastLifetimeMs: last.lifetimeMs }),
    ...(status?.phase === 'Succeeded' && { completed: true }),
    ...(mode !== undefined && { mode }),
    ...(isNeverReady(pod) && { neverReady: true }),
  };
}

/** Those that are to run as long as the pod does: init containers that end are no news. */
const working = (pod: Pod): readonly ContainerStatus[] => [
  ...sidecarStatuses(pod),
  ...(pod.status?.containerStatuses ?? []),
];

/**
 * A database that recovers from its log looks like one that hangs, and is not. kubelet notes that a pod is not ready before
 * it starts its containers: what is noted later than that is the loss of it.
 */
function isNeverReady(pod: Pod): boolean {
  const lostAt = timeOf(pod.status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime);
  const containers = working(pod);
  const unready = containers.filter(({ ready }) => !ready);
  return (
    unready.length > 0 &&
    containers.every(({ restartCount }) => restartCount === 0) &&
    unready.every((one) => one.state?.running !== undefined && startOf(one) >= lostAt)
  );
}

const startOf = ({ state }: ContainerStatus): number =>
  timeOf(state?.running?.startedAt ?? state?.terminated?.startedAt);

function lastDeath(pod: Pod): { readonly at: number; readonly lifetimeMs: number } | undefined {
  const always = (pod.spec['restartPolicy'] ?? 'Always') === 'Always';
  const toRun = new Set(working(pod).map(({ name }) => name));
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  return [...initContainerStatuses, ...containerStatuses]
    .flatMap(({ name, state, lastState }) =>
      [state?.terminated, lastState?.terminated]
        .filter((end) => end !== undefined)
        // Where it is not to run for ever, an end with code 0 is what it is for.
        .filter(({ exitCode }) => exitCode !== 0 || (always && toRun.has(name))),
    )
    .map((end) => ({ at: timeOf(end.finishedAt), lifetimeMs: lifetimeOf(end) }))
    .filter(({ at }) => at > 0)
    .toSorted((a, b) => b.at - a.at)[0];
}
