import type { Container, ContainerStatus, Pod } from '../domain/kubernetes.ts';

/** An init container that is to run as long as the pod does: a native sidecar. */
const isSidecar = (init: Container): boolean => init['restartPolicy'] === 'Always';

/** The names of the init containers that do not end. */
export const sidecarsOf = ({ spec }: Pod): ReadonlySet<string> =>
  new Set((spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name));

/** The statuses of the init containers that do not end. */
export function sidecarStatuses(pod: Pod): readonly ContainerStatus[] {
  const sidecars = sidecarsOf(pod);
  return (pod.status?.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name));
}
