import type { ContainerSummary } from '../domain/clients.ts';
import { isPassing } from '../domain/passing-container.ts';

/**
 * Whether a container is remembered: not a run by hand of a Compose service, none of a swarm or of Kubernetes, whose own
 * controllers make them anew, and none that Paramedic has there for a while.
 */
export const isRemembered = ({ name, labels }: Pick<ContainerSummary, 'name' | 'labels'>): boolean =>
  labels['com.docker.compose.oneoff'] !== 'True' && elsewhere(labels) === undefined && !isPassing(name);

/** Whose container it is, so that nobody else makes it anew; undefined: nobody's. */
export function elsewhere(labels: Readonly<Record<string, string>>): 'a swarm' | 'Kubernetes' | undefined {
  if (labels['com.docker.swarm.service.id'] !== undefined || labels['com.docker.swarm.task.id'] !== undefined)
    return 'a swarm';
  return Object.keys(labels).some((name) => name.startsWith('io.kubernetes.')) ? 'Kubernetes' : undefined;
}
