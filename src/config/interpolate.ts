/** What `${NAME}` and `$$` in a text came to. */
export interface Interpolated {
  readonly text: string;
  /** The values that were put in, by name: for keeping them out of messages. */
  readonly used: ReadonlyMap<string, string>;
  /** Each with the reference as it is written. */
  readonly mistakes: readonly { readonly reference: string; readonly sentence: string }[];
}

/** Puts environment variables in for `${NAME}`, and `$` for `$$`. A `$` before anything else stays. */
export function interpolate(text: string, env: Readonly<Record<string, string | undefined>>): Interpolated {
  const used = new Map<string, string>();
  const mistakes: { reference: string; sentence: string }[] = [];
  const result = text.replaceAll(/\$(?:\$|\{([^}]*)(\}?))/g, (reference, name?: string, close?: string) => {
    if (name === undefined) return '$';
    const value = env[name];
    if (!close || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      mistakes.push({
        reference,
        sentence: `${reference} names no environment variable (a dollar sign is written $$)`,
      });
      return reference;
    }
    if (value === undefined) {
      mistakes.push({ reference, sentence: `environment variable ${name} is not set (a dollar sign is written $$)` });
      return reference;
    }
    used.set(name, value);
    return value;
  });
  return { text: result, used, mistakes };
}
