import type { Container } from '../domain/kubernetes.ts';

/**
 * How long the container's own probes let it take until it is ready, ms: its start-up probe until it gives up, then its
 * readiness probe until it has failed as often as it may. 0 without probes.
 */
export const probeTimeMs = (container: Container): number =>
  1000 * (secondsOf(container['startupProbe']) + secondsOf(container['readinessProbe']));

function secondsOf(probe: unknown): number {
  if (typeof probe !== 'object' || probe === null) return 0;
  const fields = new Map<string, unknown>(Object.entries(probe));
  const number = (name: string, otherwise: number): number => {
    const value = fields.get(name);
    return typeof value === 'number' ? value : otherwise;
  };
  // The API's own defaults.
  return number('initialDelaySeconds', 0) + number('periodSeconds', 10) * number('failureThreshold', 3);
}
