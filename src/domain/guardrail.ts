import type { ZodType } from 'zod';
import type { Action } from './action.ts';
import type { Plan } from './plan.ts';
import type { Store } from './store.ts';
import type { Target } from './target.ts';
import type { Verdict } from './verdict.ts';

export interface GuardrailInput<Params> {
  readonly params: Params;
  readonly target: Target;
  readonly action: Action;
  readonly plan: Plan;
  /** The recovery and attempt that ask: an attempt is not held by what it did itself. */
  readonly recovery: string;
  readonly attempt: number;
  readonly store: Store;
  /** ms since the epoch */
  readonly now: number;
}

/** A reason not to act. Throwing counts as no. */
export interface Guardrail<Params = unknown> {
  readonly kind: string;
  /** Has to accept undefined: the defaults. */
  readonly params: ZodType<Params>;
  check(input: GuardrailInput<Params>): Promise<Verdict>;
}

/** Closes a typed guardrail behind `unknown`; its parameters are parsed at the door. */
export function defineGuardrail<Params>(def: Guardrail<Params>): Guardrail {
  return {
    kind: def.kind,
    params: def.params,
    check: (input) => def.check({ ...input, params: def.params.parse(input.params) }),
  };
}
