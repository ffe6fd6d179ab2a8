import { instantOf } from './instant.ts';
import type { Inspected } from '../../docker/inspected.ts';

/**
 * Since when a container has been well without a break, ms since the epoch; undefined: it is not. Its start, or when its
 * health check began to pass, as far as the engine remembers (five checks) or `before` says: what was answered last about
 * the same start.
 */
export function wellSince({ State }: Inspected, before: number | undefined): number | undefined {
  if (State?.Status !== 'running') return undefined;
  const startedAt = instantOf(State.StartedAt);
  if (startedAt === undefined) return undefined;
  const { Health } = State;
  if (Health === null || Health === undefined || Health.Status === '' || Health.Status === 'none') return startedAt;
  if (Health.Status !== 'healthy') return undefined;
  // What was well before goes on, unless it has started since.
  if (before !== undefined && before >= startedAt) return before;
  const checks = Health.Log ?? [];
  const passing = checks.slice(checks.findLastIndex(({ ExitCode }) => ExitCode !== 0) + 1);
  return Math.max(startedAt, instantOf(passing[0]?.Start ?? '') ?? startedAt);
}
