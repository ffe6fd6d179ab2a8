import type { Verdict } from './verdict.ts';

/** A change of a worker: `applying` and `undoing` are recorded before their act, the others after it. */
const changes = ['applying', 'applied', 'verified', 'undoing', 'undone'] as const;

/** The words of humans: each is recorded before it takes effect. */
const words = [
  ...([
    'approved',
    'rejected',
    'cancelled',
    'retried',
    'recovered by hand',
    'overrode',
    'backed up by hand',
    'drilled by hand',
    'restored by hand',
  ] as const),
  ...(['acknowledged', 'paused', 'resumed', 'reloaded'] as const),
  /** What the entry before it says was not done after all; the text says why. */
  'refused',
] as const;

export const deeds = [...changes, ...words] as const;
export type Deed = (typeof deeds)[number];

/** One line of the audit: who did what, when, with which plan and verdicts. */
export interface AuditEntry {
  /** ms since the epoch */
  readonly at: number;
  /** A login, or `paramedic` for a worker. */
  readonly who: string;
  readonly what: Deed;
  /** `r_…` */
  readonly recovery?: string;
  /** A target's key. */
  readonly target?: string;
  /** What it is about: a sentence, or the human's own words. */
  readonly text: string;
  readonly plan?: { readonly summary: string; readonly touches: readonly string[] };
  /** On `applying` what each guardrail said of the plan; on `verified` whether it helped, by the kind `verify`. */
  readonly verdicts?: readonly { readonly kind: string; readonly verdict: Verdict }[];
}

/** Who changes things when no human does. */
export const WORKER = 'paramedic';
