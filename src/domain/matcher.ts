/** One of Alertmanager's matchers, compiled. A label that is absent counts as the empty string, as in Alertmanager. */
export interface Matcher {
  /** As the user wrote it, for messages: `severity!="info"`. */
  readonly text: string;
  readonly label: string;
  readonly matches: (value: string) => boolean;
}

/** The first matcher that the labels fail, or undefined when all of them hold. */
export function firstMiss(matchers: readonly Matcher[], labels: Readonly<Record<string, string>>): Matcher | undefined {
  return matchers.find((matcher) => !matcher.matches(labels[matcher.label] ?? ''));
}
