/** What a recovery point that was brought back is asked, in the scratch place. It has to end well. */
export interface Probe {
  /** In the words of the kind of source (SQL), or a program with its arguments, without a shell. */
  readonly ask: { readonly query: string } | { readonly command: readonly [string, ...string[]] };
  /** What it says first is a number, and at least so much. */
  readonly atLeast?: number;
  /** A regular expression that what it says, without white space around it, has to match. */
  readonly matches?: string;
}
