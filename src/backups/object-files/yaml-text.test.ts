import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { yamlText } from './yaml-text.ts';

const words =
  'yes no on off y N ~ null true 0o17 012 0x1F 1_000 1e3 .5 1. +1 12:30:45 2001-01-01 = << - @x `x %x *a &a !a | > --- ... {x [x ,x';
const odd = [
  ...words.split(' '),
  '',
  '- a',
  '? x',
  'a: b',
  'a #b',
  '"q"',
  "'q'",
  ' lead',
  'trail ',
  'tab\t',
  'line\n',
  '\n\n x\n',
  'crlf\r\n',
  'x\u0085y',
  '\u2028',
  '\ufeff',
  '🚑',
  '  more\n    in\n',
  'blank \nnext',
  'a\n\n\n',
  'a\n \n',
  'a\n---\nb\n',
  'x y '.repeat(99),
];
const object = {
  apiVersion: 'v1',
  values: odd,
  keys: Object.fromEntries(odd.map((text) => [text, 1])),
  none: {},
  no: [],
};

describe('an object as YAML', () => {
  it.each(['1.1', '1.2'] as const)('is the same to who reads version %s', (version) => {
    // As a key, `<<` is a merge to readers of 1.1, between quotes too. Hardly an object has one.
    const { '<<': _, ...keys } = object.keys;
    const read = { ...object, keys };
    expect(parse(yamlText(read), { version })).toEqual(read);
  });

  it('leaves lines as they are, and words without quotes', () => {
    expect(yamlText({ kind: 'ConfigMap', data: { 'web.conf': 'listen 80\n  root /www\n', mode: 'on' } })).toBe(
      'kind: ConfigMap\ndata:\n  web.conf: |\n    listen 80\n      root /www\n  mode: "on"\n',
    );
  });
});
