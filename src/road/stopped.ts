import type { Plan } from '../domain/plan.ts';
import { pauses } from '../domain/pause.ts';
import type { Recovery } from '../domain/recovery.ts';
import type { TargetKind } from '../domain/target.ts';
import { onlyLook, overridesOf } from './allowed-now.ts';
import type { Road } from './road.ts';

/** Who cancelled it, and why, a sentence; undefined: nobody. */
export async function cancelledBy(recovery: string, road: Road): Promise<string | undefined> {
  const said = (await road.store.recovery(recovery))?.cancelled;
  return said && `${said.by} cancelled it${said.reason === '' ? '' : ` (${said.reason})`}`;
}

/**
 * Why nothing more may be written, not even to finish or take back what was begun, a sentence; undefined: it may. The
 * emergency stops: the mode, what is protected by now, the object's own word, a pause, and that somebody cancelled it.
 */
export async function stopped(
  recovery: Pick<Recovery, 'id' | 'procedure' | 'target' | 'manual' | 'attempt'>,
  { touches }: Pick<Plan, 'touches'>,
  kind: TargetKind,
  road: Road,
  state: unknown,
): Promise<string | undefined> {
  const bound = onlyLook(recovery, kind, road.config(), state);
  if (bound !== undefined) return bound;
  const cancelled = await cancelledBy(recovery.id, road);
  if (cancelled !== undefined) return cancelled;
  // Who asked for it by hand may have said that a pause is not to hold it; nobody after him has.
  if (overridesOf(recovery)?.overrides.includes('paused')) return undefined;
  const pause = (await road.store.pauses()).find((one) => touches.some((key) => pauses(one, key)));
  return pause && `${pause.by} paused ${pause.scope}`;
}
