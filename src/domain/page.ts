/** A call for a human: an alert of our own, which goes the way of every alert. One for each recovery. */
export interface Page {
  /** The recovery it is about. */
  readonly recovery: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** ms since the epoch */
  readonly startsAt: number;
  /** Ids; it ends when all of them have closed. */
  readonly episodes: readonly string[];
  /** Why it is over, a sentence, as soon as it is: then it is sent as resolved, and forgotten once that has arrived. */
  readonly over?: string;
}
