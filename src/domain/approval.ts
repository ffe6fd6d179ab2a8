import type { Plan } from './plan.ts';

/** What a human is asked: may this very plan be carried out? A recovery that waits for the answer holds no worker. */
export interface Question {
  /** `drain/node` */
  readonly action: string;
  readonly step: number;
  readonly candidate: number;
  readonly plan: Plan;
  /** Why it is asked, a sentence. */
  readonly reason: string;
  /** When the plan was made, ms since the epoch. */
  readonly at: number;
  /** From then on it is too late to approve, ms since the epoch. */
  readonly expiresAt: number;
}

/** A question that was answered with yes. */
export interface Approval extends Question {
  /** A login. */
  readonly by: string;
  /** ms since the epoch */
  readonly approvedAt: number;
}
