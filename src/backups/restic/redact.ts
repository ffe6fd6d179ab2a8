/** Takes secrets out of a text. */
export type Redact = (text: string) => string;

/** What is shorter is no secret, and taking it out would make a text unreadable. */
const shortest = 4;

/** The password is always taken out, however short it is. */
export function redactOf(passwords: readonly string[], others: readonly string[]): Redact {
  const secrets = [...passwords.filter(Boolean), ...others.filter(({ length }) => length >= shortest)]
    // The longest first: one secret can begin with another.
    .toSorted((a, b) => b.length - a.length);
  return (text) => secrets.reduce((left, secret) => left.replaceAll(secret, '***'), text);
}

/** The password inside of a location, `rest:https://user:password@host/`, as it stands there and as it is meant. */
export function passwordsIn(location: string): string[] {
  const password = /:\/\/[^/@]*?:([^/]*)@/.exec(location)?.[1];
  if (password === undefined || password === '') return [];
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}
