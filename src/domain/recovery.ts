import type { Approval, Question } from './approval.ts';
import type { Manual } from './manual.ts';
import type { Plan } from './plan.ts';
import type { Procedure } from './playbook.ts';
import type { Target } from './target.ts';
import type { Held } from './guardrail.ts';
import type { Verdict } from './verdict.ts';

export type Result =
  | 'recovered'
  | 'not-recovered'
  | 'blocked'
  | 'planned'
  | 'obsolete'
  /** A human has to say yes first: the only one that does not end it. */
  | 'awaiting-approval'
  /** A human said no. */
  | 'rejected'
  /** What was approved is not what would be done by now, or nobody answered in time. */
  | 'stale'
  /** We could not act: the platform refused or stayed away. */
  | 'failed';

export interface Outcome {
  readonly result: Result;
  /** A sentence. */
  readonly reason: string;
  /** True: there was nothing to do because something else is at it (a start, a roll-out): looked at again for a while. */
  readonly waits?: boolean;
  /** True: a guardrail holds it that only a human can release, and nobody was told yet. */
  readonly page?: true;
  /** With `awaiting-approval`. */
  readonly question?: Question;
  /** ms after which a repeat of its alerts is decided anew; absent: only a human, or a new episode, starts another. */
  readonly retryAfterMs?: number;
}

export type Phase = 'planned' | 'applying' | 'applied' | 'verified' | 'undoing' | 'undone';

/** One line of the journal. Written before its act; append-only within an attempt. */
export interface Entry {
  readonly step: number;
  readonly candidate: number;
  readonly phase: Phase;
  /** ms since the epoch */
  readonly at: number;
  readonly plan: Plan;
  /** The target's state when the plan was made: what `verify` compares with. On `planned`. */
  readonly before?: unknown;
  /** On `verified`: did it help, and why we say so. */
  readonly verdict?: Verdict;
  /** On `verified`: it is certain that it did not help; absent: its time was over. */
  readonly certain?: true;
  /** On `verified`: fewer symptoms than before. What helped is not undone. */
  readonly helped?: boolean;
  /** On `verified`: it was withheld, and nothing of it shows, or was not even begun. There is nothing to undo. */
  readonly nothing?: 'not-shown' | 'not-begun';
  /** On `verified`: the pinned effect came about, whether it helped or not. */
  readonly effect?: boolean;
}

/** What a step came to, for people: the decision record, `explain`, the queue UI. */
export interface StepReport {
  readonly action: string;
  readonly ended: 'nothing-to-do' | 'held' | 'planned' | 'awaiting' | 'tried' | 'failed';
  readonly verdict: Held;
  readonly plan?: { readonly summary: string };
  readonly guardrails?: readonly { readonly kind: string; readonly verdict: Verdict }[];
}

/** The record is the truth; its BullMQ job is a bell. */
export interface Recovery {
  /** Random, `r_…`. */
  readonly id: string;
  readonly target: Target;
  readonly procedure: Procedure;
  /** Episode ids. */
  readonly episodes: readonly string[];
  /** 1 for the first; a retry by hand or a release by a guardrail is the next one, with an empty journal. */
  readonly attempt: number;
  /** The run (one pick-up of one job) that may write now; absent while none has begun this attempt. */
  readonly run?: string;
  readonly state: 'open' | 'ended';
  readonly openedAt: number;
  /** When the present attempt was opened, ms since the epoch. */
  readonly attemptOpenedAt?: number;
  readonly endedAt?: number;
  /** Of the alert that opened it. They are anybody's word. */
  readonly labels: Readonly<Record<string, string>>;
  /** The earliest `startsAt` of its alerts, ms since the epoch. */
  readonly startsAt: number;
  readonly journal: readonly Entry[];
  readonly steps: readonly StepReport[];
  readonly outcome?: Outcome;
  /** It waits for an answer to this: open, with no run and no live job. */
  readonly question?: Question;
  /** The last question of this attempt that was answered with yes. */
  readonly approval?: Approval;
  /** Somebody wants it to change nothing more; it ends at its next step. */
  readonly cancelled?: { readonly by: string; readonly reason: string };
  /** It was asked for by hand. */
  readonly manual?: Manual;
  /** When the attempts before this one began to wait for something else, ms since the epoch; absent: the last did not. */
  readonly waitsSince?: number;
  /** `attemptsMade` of the job whose run ended it: a higher one is a retry by hand, the same one a doubled bell. */
  readonly endedMade?: number;
}
