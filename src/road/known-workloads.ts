import { ActionError } from '../domain/errors.ts';
import type { Road } from './road.ts';

const resources = ['deployments.apps', 'statefulsets.apps', 'daemonsets.apps'] as const;

/**
 * How many workloads there are on the engine, or in the cluster, that the target is on. Undefined: with the rights in some
 * namespaces only we may not count them. Throws ActionError.
 */
export async function knownWorkloads(
  platform: 'docker' | 'kubernetes',
  key: string,
  road: Road,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { docker, kubernetes } = road.clients();
  const name = key.split('/')[1] ?? '';
  if (platform === 'docker') return (await docker.get(name)?.list(signal))?.length;
  const client = kubernetes.get(name);
  if (client === undefined) return undefined;
  try {
    const counts = await Promise.all(resources.map((resource) => client.count(resource, '', signal)));
    return counts.reduce((sum, count) => sum + count, 0);
  } catch (error) {
    if (error instanceof ActionError && error.reason === 'forbidden') return undefined;
    throw error;
  }
}
