import type { ZodType } from 'zod';
import type { Action } from './action.ts';
import type { Approval } from './approval.ts';
import type { Clients } from './clients.ts';
import type { Count, Limit } from './limit.ts';
import type { Permission } from './permission.ts';
import type { Plan } from './plan.ts';
import type { Mode } from './playbook.ts';
import type { Recovery } from './recovery.ts';
import type { Store } from './store.ts';
import type { Target, TargetKind } from './target.ts';
import type { Verdict } from './verdict.ts';

export interface GuardrailInput<Params> {
  readonly params: Params;
  readonly target: Target;
  readonly kind: Pick<TargetKind, 'platform' | 'capacity'>;
  /** The target's state that the plan was made from. */
  readonly state: unknown;
  readonly action: Pick<Action, 'key' | 'verb' | 'risk' | 'takesAway'> & Partial<Pick<Action, 'asksAlways'>>;
  readonly plan: Plan;
  /** The recovery and attempt that ask: an attempt is not held by what it did itself. */
  readonly recovery: string;
  readonly attempt: number;
  readonly about: Pick<Recovery, 'procedure' | 'labels' | 'startsAt' | 'openedAt' | 'episodes'>;
  /** What may be done at all by now. */
  readonly mode: Mode;
  /** A human has said yes to this very plan. */
  readonly approval?: Approval;
  /** When the newest word came that its alert fires, ms since the epoch; and how old it may be, ms. */
  readonly heardAt: number;
  readonly freshnessMs: number;
  /** What the guardrail's own `limits` came to, in their order; empty where it has none. */
  readonly counts: readonly Count[];
  /** What fires now, by Alertmanager's list; asked at most once for all guardrails of a step. Throws ActionError. */
  readonly firing: () => Promise<readonly Firing[]>;
  /** How many workloads there are where the target is; undefined: we may not count them. Throws ActionError. */
  readonly known: () => Promise<number | undefined>;
  readonly store: Pick<Store, 'lastActed' | 'pauses' | 'storm' | 'beginStorm' | 'troubled'>;
  readonly clients: Clients;
  /** True: nothing will be changed, so nothing is begun that holds others or calls a human. */
  readonly observing: boolean;
  /** ms since the epoch */
  readonly now: number;
}

/** What is known before there is a plan. */
export type Unplanned<Params> = Omit<
  GuardrailInput<Params>,
  'state' | 'action' | 'plan' | 'counts' | 'mode' | 'approval'
>;

/** One alert that fires now and is not suppressed. */
export interface Firing {
  readonly labels: Readonly<Record<string, string>>;
  /** ms since the epoch */
  readonly startsAt: number;
  /** What its labels name, `deployment shop/web`; pods of one workload are one; absent: nothing we look after. */
  readonly names?: {
    readonly kind: string;
    readonly phrase: string;
    /** `kubernetes/prod`, `docker/edge-1`; without a name where several may be meant: `docker`. */
    readonly place: string;
    /** Of Kubernetes: its namespace, and its own name or that of the workload whose pod it is. */
    readonly workload?: { readonly namespace: string; readonly name: string };
  };
}

/**
 * `page`: a human has to know now, because only a human can release it. Said once. `approvable`: a human's yes to the very
 * plan releases it.
 */
export type Held = Verdict & { readonly page?: boolean; readonly approvable?: boolean };

/** A reason not to act. Throwing counts as no. */
export interface Guardrail<Params = unknown> {
  readonly kind: string;
  /** False: also who asks by hand can not answer for it. */
  readonly overridable?: false;
  /** Has to accept undefined: the defaults. */
  readonly params: ZodType<Params>;
  /** Reads of a whole cluster: without them it goes by less. */
  readonly permissions?: readonly Permission[];
  /**
   * Pure. What it counts: all limits of all guardrails are taken in one call, all or none, when nothing else holds the
   * step, and only looked at otherwise.
   */
  readonly limits?: (input: Omit<GuardrailInput<Params>, 'counts'>) => readonly Limit[];
  check(input: GuardrailInput<Params>): Promise<Held>;
  /**
   * Asked before a human is called about a target that nothing could be done for: many such calls have one cause, and are
   * held as well.
   */
  readonly beforeCalling?: (input: Unplanned<Params>) => Promise<Held>;
}

/** Closes a typed guardrail behind `unknown`; its parameters are parsed at the door. */
export function defineGuardrail<Params>(def: Guardrail<Params>): Guardrail {
  const { limits, permissions, beforeCalling, overridable } = def;
  return {
    kind: def.kind,
    params: def.params,
    ...(limits && { limits: (input) => limits({ ...input, params: def.params.parse(input.params) }) }),
    ...(permissions && { permissions }),
    ...(overridable === false && { overridable }),
    ...(beforeCalling && {
      beforeCalling: (input) => beforeCalling({ ...input, params: def.params.parse(input.params) }),
    }),
    check: (input) => def.check({ ...input, params: def.params.parse(input.params) }),
  };
}
