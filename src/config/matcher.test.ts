import { describe, expect, test } from 'vitest';
import { firstMiss } from '../domain/matcher.ts';
import { parseMatcher, parseMatchers } from './matcher.ts';

type Row = readonly [matcher: string, label: string, yes: readonly string[], no: readonly string[]];

/** Each row was compared with amtool 0.25, or, for what only the UTF-8 grammar reads, with Alertmanager's source. */
const readable: readonly Row[] = [
  ['a=b', 'a', ['b'], ['', 'bb', 'B']],
  ['a="b"', 'a', ['b'], ['"b"']],
  ['  a  =  "b c"  ', 'a', ['b c'], ['bc']],
  ['a=""', 'a', [''], ['x']],
  ['a=', 'a', [''], ['x']],
  ['a!=""', 'a', ['x'], ['']],
  ['a!=b', 'a', ['', 'c'], ['b']],
  ['a=~"b|c"', 'a', ['b', 'c'], ['bb', 'xb', 'cx', '']],
  ['a=~b.*', 'a', ['b', 'bcd'], ['ab']],
  ['a!~"b|c"', 'a', ['', 'bc'], ['b', 'c']],
  ['a=~""', 'a', [''], ['x']],
  ['a=~"(?i)web"', 'a', ['WEB', 'web'], ['webs']],
  ['a=~"10\\.0\\.0\\.\\d+"', 'a', ['10.0.0.5'], ['10x0.0.5']],
  ['a=~"b\\\\.c"', 'a', ['b.c'], ['bxc']],
  ['a=~".*"', 'a', ['', 'x'], ['x\ny']],
  ['a=~"(?s).*"', 'a', ['x\ny'], []],
  ['a=~"x"', 'a', ['x'], ['x\n']],
  ['a=~"b)|(?:c"', 'a', ['b', 'bc', 'c'], ['a']],
  ['a="say \\"hi\\", you"', 'a', ['say "hi", you'], []],
  ['a="x\\ny"', 'a', ['x\ny'], []],
  ['a="x\\ty"', 'a', ['x\\ty'], ['x\ty']],
  ['a="x\ny"', 'a', ['x\ny'], []],
  ['a=\\"b', 'a', ['"b'], []],
  ['a==b', 'a', ['=b'], ['b']],
  ["a='b'", 'a', ["'b'"], ['b']],
  ['a="日本"', 'a', ['日本'], []],
  ['_a:b1=c', '_a:b1', ['c'], []],
  ['{a="b"}', 'a', ['b'], []],
  ['{a="b",}', 'a', ['b'], []],
  // The UTF-8 grammar alone.
  ['"service.name"="web"', 'service.name', ['web'], []],
  ['"a b"=~"c|d"', 'a b', ['c', 'd'], ['cd']],
  ['service.name=web', 'service.name', ['web'], []],
  ['日本=~"東京"', '日本', ['東京'], []],
  ['"x\\u0041"="\\x62\\143\\U0001F600\\t"', 'xA', ['bc😀\t'], []],
];

describe('a matcher', () => {
  test.each(readable)('%s on label %s holds for %j and not for %j', (text, label, matching, missing) => {
    const matcher = parseMatcher(text);
    if ('error' in matcher) throw new Error(matcher.error);
    expect(matcher.label).toBe(label);
    expect(matching.filter((value) => !matcher.matches(value))).toEqual([]);
    expect(missing.filter((value) => matcher.matches(value))).toEqual([]);
  });

  test.each([
    ['', 'holds no matcher'],
    ['{}', 'holds no matcher'],
    ['alertname', 'needs one of =, !=, =~, !~ after alertname'],
    ['a b="c"', 'needs one of =, !=, =~, !~ after a'],
    ['="x"', 'needs a label name before ='],
    ['""="x"', 'needs a label name before ""'],
    ['a=="b"', 'needs a value after a='],
    ['a="b', 'has a double quote that is not closed'],
    ['a="b"c', 'needs a comma after a="b"'],
    ['a="b" c="d"', 'needs a comma after a="b"'],
    ['a=b"c', 'has a double quote that is not closed'],
    ['a!"b"', 'has "!" outside double quotes'],
    ['"a.b"="\\q"', 'has an escape in "\\q" that Go strings do not know'],
    ['"a.b"="\\xff"', 'has an escape in "\\xff" that Go strings do not know'],
    ['{"a.b"="c"', 'has a { that is not closed'],
    ['"a.b"="c"}', 'has a } without a {'],
    ['{"a.b"="c"}x', 'goes on after the closing }'],
    ['a=~"("', 'has a wrong regular expression: error parsing regexp: missing closing ): `(`'],
    ['a=~"(?<=x)y"', 'has a wrong regular expression: error parsing regexp: invalid named capture: `(?<=x)y`'],
    ['a=~"\\1"', 'has a wrong regular expression: error parsing regexp: invalid escape sequence: `\\1`'],
    ['a=~"((b{99}){99}){99}"', 'has a wrong regular expression: error parsing regexp: invalid repeat count: `{99}`'],
    ['a=b,c=d', 'holds 2 matchers, not one'],
  ])('%j %s', (text, error) => {
    expect(parseMatcher(text)).toEqual({ error });
  });

  test.each(['{a="b",c=~"d|e"}', 'a="b",c=~"d|e"', ' a = b , c =~ "d|e" , ', '{ "a"="b", "c"=~"d|e", }'])(
    'the list %j has two, as they are written',
    (text) => {
      const matchers = parseMatchers(text);
      if ('error' in matchers) throw new Error(matchers.error);
      expect(matchers.map(({ label }) => label)).toEqual(['a', 'c']);
      for (const { text: one } of matchers) expect(text).toContain(one);
      expect(firstMiss(matchers, { a: 'b', c: 'e' })).toBeUndefined();
      expect(firstMiss(matchers, { a: 'b' })?.label).toBe('c');
    },
  );

  test('a comma within quotes does not separate', () => {
    const matchers = parseMatchers('a="b,c",d="\\",",e=f');
    expect('error' in matchers ? matchers : matchers.map(({ text }) => text)).toEqual(['a="b,c"', 'd="\\","', 'e=f']);
  });

  test('a regular expression that makes a backtracking engine hang answers', () => {
    const matcher = parseMatcher('a=~"(x+x+)+y"');
    expect('error' in matcher || matcher.matches('x'.repeat(50_000))).toBe(false);
  });

  test('any value matches itself once it is quoted', () => {
    const alphabet = [
      'a',
      'Z',
      '0',
      '"',
      '\\',
      '\n',
      ',',
      '{',
      '}',
      '=',
      '~',
      '!',
      ' ',
      'é',
      '日',
      '😀',
      "'",
      '$',
      '(',
    ];
    for (let round = 0; round < 1000; round += 1) {
      const value = Array.from(
        { length: round % 9 },
        (_, place) => alphabet[(round * 7 + place * place * 5) % 19],
      ).join('');
      const escaped = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
      for (const label of ['a', '"a b"']) {
        const matcher = parseMatcher(`${label}="${escaped}"`);
        if ('error' in matcher) throw new Error(`${JSON.stringify(value)} ${matcher.error}`);
        expect(matcher.matches(value)).toBe(true);
        expect(matcher.matches(`${value}x`)).toBe(false);
      }
    }
  });
});
