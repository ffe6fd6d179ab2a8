import type { MatcherMistake, MatcherTerm } from './matcher-term.ts';

const shape = /^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|=|!=|!~)\s*(.*?)\s*$/s;

/**
 * Alertmanager's classic matcher list: braces are optional, commas outside double quotes separate, and within a value
 * only `\"`, `\\` and `\n` are escapes, so that `=~"foo\.bar"` means what it looks like.
 */
export function parseClassicMatchers(text: string): readonly MatcherTerm[] | MatcherMistake {
  const terms: MatcherTerm[] = [];
  for (const part of split(text.replace(/^\{/, '').replace(/\}$/, ''))) {
    const term = parseTerm(part);
    if ('error' in term) return term;
    terms.push(term);
  }
  return terms;
}

function split(text: string): readonly string[] {
  const parts = [''];
  let quoted = false;
  let escaped = false;
  for (const char of text) {
    if (char === ',' && !quoted) {
      parts.push('');
      continue;
    }
    if (char === '"' && !escaped) quoted = !quoted;
    escaped = char === '\\' && !escaped;
    parts[parts.length - 1] += char;
  }
  // A comma may end the list.
  return parts.at(-1)?.trim() === '' ? parts.slice(0, -1) : parts;
}

function parseTerm(text: string): MatcherTerm | MatcherMistake {
  const [, label, operator, raw] = shape.exec(text) ?? [];
  if (label === undefined || operator === undefined || raw === undefined) return { error: 'is no matcher' };
  const quoted = raw.startsWith('"');
  // An escaped quote at the end closes nothing.
  const inner = quoted ? /^"((?:[^"\\]|\\.)*)"$/s.exec(raw)?.[1] : raw;
  if (inner === undefined || (!quoted && /(?<!\\)(?:\\\\)*"/.test(inner)))
    return { error: 'has a double quote that is not escaped as \\"' };
  const value = inner.replaceAll(/\\([n"\\])/g, (_, char: string) => (char === 'n' ? '\n' : char));
  return { text: text.trim(), label, operator, value };
}
