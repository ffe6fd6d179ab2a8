import type { Plan } from '../domain/plan.ts';
import { pauses } from '../domain/pause.ts';
import type { Recovery } from '../domain/recovery.ts';
import type { TargetKind } from '../domain/target.ts';
import { onlyLook } from './allowed-now.ts';
import type { Road } from './road.ts';

/**
 * Why nothing more may be written, not even to finish or take back what was begun, a sentence; undefined: it may. The
 * emergency stops: the mode, what is protected by now, the object's own word, and a pause.
 */
export async function stopped(
  recovery: Pick<Recovery, 'procedure' | 'target'>,
  { touches }: Pick<Plan, 'touches'>,
  kind: TargetKind,
  road: Road,
  state: unknown,
): Promise<string | undefined> {
  const bound = onlyLook(recovery, kind, road.config(), state);
  if (bound !== undefined) return bound;
  const pause = (await road.store.pauses()).find((one) => touches.some((key) => pauses(one, key)));
  return pause && `${pause.by} paused ${pause.scope}`;
}
