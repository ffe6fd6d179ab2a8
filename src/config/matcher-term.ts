/** One matcher, read but not compiled. */
export interface MatcherTerm {
  /** As the user wrote it. */
  readonly text: string;
  readonly label: string;
  /** `=`, `!=`, `=~` or `!~` */
  readonly operator: string;
  /** Unquoted and unescaped. */
  readonly value: string;
}

/** Why a text is no matcher: a clause that follows the text. */
export interface MatcherMistake {
  readonly error: string;
}
