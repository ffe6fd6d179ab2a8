import type { Matcher } from './matcher.ts';

/** What the whole of Paramedic, or one playbook, is allowed to do: the narrower one wins. */
export type Mode = 'observe' | 'act';
const width: Record<Mode, number> = { observe: 0, act: 1 };
export const narrower = (a: Mode, b: Mode): Mode => (width[a] <= width[b] ? a : b);

/** One step: a verb with its parameters and its verification. */
export interface Step {
  /** `restart`; with the target's kind it is the registry key. */
  readonly verb: string;
  readonly params: unknown;
  readonly verify: {
    /** How long it may take to become well and stable, ms. */
    readonly withinMs: number;
    /** How long it has to be well, ms. */
    readonly stableMs: number;
    /** How long what others may take back is watched, ms; as long as its plan says when absent. */
    readonly watchMs?: number;
  };
}

/** The part of a playbook that a recovery keeps: plain data, as it was when the recovery began. */
export interface Procedure {
  readonly name: string;
  readonly mode: Mode;
  readonly steps: readonly Step[];
  /** Guardrail kind → its parameters. Kinds that are absent run with their defaults. */
  readonly guardrails: Readonly<Record<string, unknown>>;
}

export interface Playbook extends Procedure {
  /** All of them have to hold. */
  readonly match: readonly Matcher[];
}
