import { RE2JS } from 're2js';
import type { Matcher } from '../domain/matcher.ts';
import { messageOf } from '../domain/errors.ts';
import { parseClassicMatchers } from './classic-matchers.ts';
import type { MatcherMistake, MatcherTerm } from './matcher-term.ts';
import { parseUtf8Matchers } from './utf8-matchers.ts';

/**
 * A list of matchers in one text, `a="b"`, `a="b",c=~"d"` or `{a="b"}`, as Alertmanager reads it by default: by its
 * classic grammar, and by the UTF-8 one what that cannot read.
 */
export function parseMatchers(text: string): readonly Matcher[] | MatcherMistake {
  const classic = compileAll(parseClassicMatchers(text));
  if (!('error' in classic)) return classic;
  const utf8 = compileAll(parseUtf8Matchers(text));
  if (!('error' in utf8)) return utf8;
  return classic.error.startsWith(regexMistake) ? classic : utf8;
}

/** Exactly one matcher; the error is a clause that follows the text: `needs a value after a=`. */
export function parseMatcher(text: string): Matcher | MatcherMistake {
  const matchers = parseMatchers(text);
  if ('error' in matchers) return matchers;
  const [matcher, more] = matchers;
  if (!matcher) return { error: 'holds no matcher' };
  return more ? { error: `holds ${matchers.length} matchers, not one` } : matcher;
}

const regexMistake = 'has a wrong regular expression';

function compileAll(terms: readonly MatcherTerm[] | MatcherMistake): readonly Matcher[] | MatcherMistake {
  if ('error' in terms) return terms;
  const matchers: Matcher[] = [];
  for (const { text, label, operator, value } of terms) {
    const negative = operator.startsWith('!');
    let test = (candidate: string): boolean => candidate === value;
    if (operator.endsWith('~')) {
      const regex = compile(value);
      if ('error' in regex) return regex;
      test = (candidate) => regex.test(candidate);
    }
    matchers.push({ text, label, matches: (candidate) => test(candidate) !== negative });
  }
  return matchers;
}

/** Go's syntax in linear time: whoever can write a label can not make a matcher slow. */
function compile(value: string): RE2JS | MatcherMistake {
  try {
    return RE2JS.compile(`^(?:${value})$`);
  } catch (error) {
    return {
      error: `${regexMistake}: ${messageOf(error)
        .replace('^(?:', '')
        .replace(/\)\$(?=`?$)/, '')}`,
    };
  }
}
