/**
 * How a target looked before the first change of an attempt. Plain data, kept for 30 days: redacted, without control
 * characters, and 256 KB at most in all.
 */
export interface Evidence {
  /** When it began to be taken, ms since the epoch. */
  readonly at: number;
  /** The most telling first: what is wrong, the alert's expression, events, logs, the whole object. */
  readonly sections: readonly Section[];
  /** A sentence for each thing that did not answer, or may not be read. */
  readonly missing: readonly string[];
}

export interface Section {
  /** `logs of pod shop/web-1, container app, before it was restarted` */
  readonly title: string;
  /** Lines. Where some were left out, a line says how many. */
  readonly text: string;
}

/** The evidence of one attempt of a recovery. */
export interface KeptEvidence extends Evidence {
  readonly attempt: number;
}
