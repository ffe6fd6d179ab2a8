import type { Config } from '../config/config.ts';
import type { Action } from '../domain/action.ts';
import type { Bell } from '../domain/bell.ts';
import type { Clients } from '../domain/clients.ts';
import type { Clock } from '../domain/clock.ts';
import type { Report } from '../domain/flow-event.ts';
import type { Guardrail } from '../domain/guardrail.ts';
import type { Store } from '../domain/store.ts';
import type { TargetKind } from '../domain/target.ts';

/** All that the road needs. Configuration and clients are asked for each time: a reload exchanges them. */
export interface Road {
  config(): Config;
  clients(): Clients;
  readonly store: Store;
  readonly bell: Bell;
  readonly report: Report;
  readonly clock: Clock;
  readonly targets: readonly TargetKind[];
  readonly actions: readonly Action[];
  readonly guardrails: readonly Guardrail[];
}

export function kindOf(road: Road, kind: string): TargetKind {
  const found = road.targets.find((one) => one.kind === kind);
  if (found === undefined) throw new Error(`target kind ${kind} is not registered`);
  return found;
}
