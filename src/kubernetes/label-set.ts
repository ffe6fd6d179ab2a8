export type Labels = Readonly<Record<string, string>>;

/** An empty label is an absent one, as in Prometheus. */
export const has = (labels: Labels, key: string): boolean => labels[key] !== undefined && labels[key] !== '';

export const first = (labels: Labels, keys: readonly string[]): string | undefined =>
  keys.map((key) => labels[key]).find((value) => value !== undefined && value !== '');
