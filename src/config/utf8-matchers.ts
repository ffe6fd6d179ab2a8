import { goUnquote } from './go-unquote.ts';
import type { MatcherMistake, MatcherTerm } from './matcher-term.ts';

interface Token {
  readonly kind: 'punctuation' | 'operator' | 'word' | 'end';
  readonly text: string;
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

// White_Space is what Go's unicode.IsSpace knows: JavaScript's \s also has the byte order mark and lacks U+0085.
const lexer = /\p{White_Space}*(?:([{},])|(=~|!~|!=|=)|("(?:[^"\\]|\\.)*")|([^{}!=~,\\"'`\p{White_Space}]+)|$)/suy;

/**
 * Alertmanager's newer matcher list: label names and values are any UTF-8, bare or as double-quoted Go strings; braces
 * are optional but come in pairs; a comma may end the list.
 */
export function parseUtf8Matchers(text: string): readonly MatcherTerm[] | MatcherMistake {
  const tokens = tokenize(text);
  return 'error' in tokens ? tokens : parseTokens(text, tokens);
}

function tokenize(text: string): readonly Token[] | MatcherMistake {
  const tokens: Token[] = [];
  let from = 0;
  for (;;) {
    lexer.lastIndex = from;
    const found = lexer.exec(text);
    const rest = text.slice(from).trimStart();
    if (!found) {
      if (rest.startsWith('"')) return { error: 'has a double quote that is not closed' };
      return { error: `has ${JSON.stringify(rest.slice(0, 1))} outside double quotes` };
    }
    const [, punctuation, operator, quoted, bare] = found;
    const token = punctuation ?? operator ?? quoted ?? bare ?? '';
    const value = quoted === undefined ? token : goUnquote(quoted);
    if (value === undefined) return { error: `has an escape in ${token} that Go strings do not know` };
    from = lexer.lastIndex;
    const kind = punctuation ? 'punctuation' : operator ? 'operator' : token === '' ? 'end' : 'word';
    tokens.push({ kind, text: token, value, start: from - token.length, end: from });
    if (kind === 'end') return tokens;
  }
}

function parseTokens(text: string, tokens: readonly Token[]): readonly MatcherTerm[] | MatcherMistake {
  const terms: MatcherTerm[] = [];
  const end: Token = { kind: 'end', text: '', value: '', start: text.length, end: text.length };
  let index = 0;
  const peek = (): Token => tokens[index] ?? end;
  const take = (): Token => tokens[index++] ?? end;
  const open = peek().text === '{';
  if (open) take();
  while (peek().kind !== 'end' && peek().text !== '}') {
    const [label, operator, value] = [take(), take(), take()];
    if (label.kind !== 'word' || label.value === '') return { error: `needs a label name ${before(label)}` };
    if (operator.kind !== 'operator') return { error: `needs one of =, !=, =~, !~ after ${label.text}` };
    if (value.kind !== 'word') return { error: `needs a value after ${label.text}${operator.text}` };
    const written = text.slice(label.start, value.end);
    terms.push({ text: written, label: label.value, operator: operator.text, value: value.value });
    if (peek().text === ',') take();
    else if (peek().kind !== 'end' && peek().text !== '}') return { error: `needs a comma after ${written}` };
  }
  if (open !== (take().text === '}')) return { error: open ? 'has a { that is not closed' : 'has a } without a {' };
  return peek().kind === 'end' ? terms : { error: `goes on after the closing }` };
}

const before = (token: Token): string => (token.kind === 'end' ? 'at its end' : `before ${token.text}`);
