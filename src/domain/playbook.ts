import type { Matcher } from './matcher.ts';

/** What the whole of Paramedic, or one playbook, is allowed to do: the narrower one wins. */
export type Mode = 'observe' | 'approve' | 'act';
const width: Record<Mode, number> = { observe: 0, approve: 1, act: 2 };
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

/**
 * The verb of the step that calls a human, the last of a playbook: a human is called anyway when nothing helped; the step
 * says how urgent that is, and may be the only one.
 */
export const pageVerb = 'page';

/** The part of a playbook that a recovery keeps: plain data, as it was when the recovery began. */
export interface Procedure {
  readonly name: string;
  readonly mode: Mode;
  readonly steps: readonly Step[];
  /** Guardrail kind → its parameters. Kinds that are absent run with their defaults. */
  readonly guardrails: Readonly<Record<string, unknown>>;
  /** Its alerts are silenced in Alertmanager from the first change to the end. */
  readonly silence?: true;
}

export interface Playbook extends Procedure {
  /** All of them have to hold. */
  readonly match: readonly Matcher[];
}
