import { no, type Verdict, yes } from '../domain/verdict.ts';
import { kindOf, type Road } from './road.ts';
import { stopped } from './stopped.ts';

/**
 * Whether what a recovery has asked for may replace data now: a restore can wait for its repository for long, and the recovery
 * that a human said yes to may have ended, been cancelled or been paused by then.
 */
export async function mayBringBack(id: string, road: Road): Promise<Verdict> {
  const recovery = await road.store.recovery(id);
  if (recovery === undefined || recovery.state === 'ended')
    return no(`recovery ${id}, which had asked for it, has ended`);
  const kind = kindOf(road, recovery.target.kind);
  const touches = recovery.journal.at(-1)?.plan.touches ?? [recovery.target.key];
  const stop = await stopped(recovery, { touches }, kind, road, undefined);
  return stop === undefined ? yes(`recovery ${id} goes on`) : no(stop);
}
