const longest = 80;

/** A value of unknown origin, fit for a sentence: JSON-escaped, plain ASCII, cut at 80 characters. */
export function quoted(value: string): string {
  const cut = value.length > longest ? `${value.slice(0, longest)}…` : value;
  return JSON.stringify(cut).replace(/[^\x20-\x7e…]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
