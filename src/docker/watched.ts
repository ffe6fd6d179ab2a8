import type { ContainerSummary } from '../domain/clients.ts';
import { isSetAside } from '../domain/set-aside.ts';
import { isVolumeReader } from '../domain/volume-reader.ts';

/**
 * Whether a container is remembered: not a run by hand of a Compose service, none of a swarm or of Kubernetes, whose own
 * controllers make them anew, none that is set aside while another one has its name, and none that we read a volume by.
 */
export const isRemembered = ({ name, labels }: Pick<ContainerSummary, 'name' | 'labels'>): boolean =>
  labels['com.docker.compose.oneoff'] !== 'True' &&
  elsewhere(labels) === undefined &&
  !isSetAside(name) &&
  !isVolumeReader(name);

/** Whose container it is, so that nobody else makes it anew; undefined: nobody's. */
export function elsewhere(labels: Readonly<Record<string, string>>): 'a swarm' | 'Kubernetes' | undefined {
  if (labels['com.docker.swarm.service.id'] !== undefined || labels['com.docker.swarm.task.id'] !== undefined)
    return 'a swarm';
  return Object.keys(labels).some((name) => name.startsWith('io.kubernetes.')) ? 'Kubernetes' : undefined;
}
