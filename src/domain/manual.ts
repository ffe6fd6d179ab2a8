/** A recovery that a human asked for, without an alert. */
export interface Manual {
  /** A login. */
  readonly by: string;
  /** In his own words; may be empty. */
  readonly reason: string;
  /** Kinds of the guardrails that he answers for himself. */
  readonly overrides: readonly string[];
}
