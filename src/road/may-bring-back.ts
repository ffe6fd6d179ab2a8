import type { BackupRun } from '../domain/backup-run.ts';
import { no, type Verdict, yes } from '../domain/verdict.ts';
import { heldText, restoreHeld } from './restore-held.ts';
import { kindOf, type Road } from './road.ts';
import { stopped } from './stopped.ts';

/**
 * Whether what was asked for may replace data now: a restore can wait for its repository for long, and by then it may be held,
 * or the recovery that a human said yes to may have ended, been cancelled or been paused.
 */
export async function mayBringBack(
  { source: name, trigger }: Pick<BackupRun, 'source' | 'trigger'>,
  road: Road,
): Promise<Verdict> {
  if (trigger.by === 'recovery') return mayGoOn(trigger.recovery, road);
  const source = road.config().backups?.sources.find((one) => one.name === name);
  const { overrides = [] } = trigger.by === 'hand' ? trigger : {};
  const held = source && heldText(name, await restoreHeld(source, road), overrides);
  return held === undefined ? yes('somebody has asked for it') : no(held);
}

async function mayGoOn(id: string, road: Road): Promise<Verdict> {
  const recovery = await road.store.recovery(id);
  if (recovery === undefined || recovery.state === 'ended')
    return no(`recovery ${id}, which had asked for it, has ended`);
  const kind = kindOf(road, recovery.target.kind);
  const touches = recovery.journal.at(-1)?.plan.touches ?? [recovery.target.key];
  const stop = await stopped(recovery, { touches }, kind, road, undefined);
  return stop === undefined ? yes(`recovery ${id} goes on`) : no(stop);
}
