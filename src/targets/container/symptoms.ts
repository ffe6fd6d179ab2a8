import type { ContainerState } from '../../domain/clients.ts';

/**
 * One phrase for each thing that is wrong; none: it is well. The status comes first: a container that does not run
 * reads `unhealthy` as well, and that is no news of its health.
 */
export function symptoms({ status, exitCode, oomKilled, health }: ContainerState): readonly string[] {
  if (status === 'exited')
    return [oomKilled ? `out of memory (exit code ${exitCode})` : `exited with code ${exitCode}`];
  if (status === 'gone') return ['it is gone'];
  if (status === 'created') return ['created, never started'];
  if (status !== 'running') return [status];
  if (health === 'unhealthy') return ['health check failing'];
  if (health === 'starting') return ['health check has not passed yet'];
  return [];
}

/**
 * Of the instance that died last. Undefined while a later one runs: the engine has forgotten when the dead one began.
 * The end of one that died at once may be stamped before its start: it lived 0 ms.
 */
export const lastLifetimeMs = ({ status, startedAt, finishedAt }: ContainerState): number | undefined => {
  const down = status === 'exited' || status === 'restarting' || status === 'dead';
  return down && startedAt > 0 && finishedAt > 0 ? Math.max(0, finishedAt - startedAt) : undefined;
};

/** Restarting, or running and lately started or dead: well now, but maybe flapping. */
export const unsettled = ({ status, startedAt, finishedAt }: ContainerState, now: number, windowMs: number): boolean =>
  status === 'restarting' || (status === 'running' && Math.max(startedAt, finishedAt) > now - windowMs);
