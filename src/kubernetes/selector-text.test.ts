import { expect, it } from 'vitest';
import { selectorText } from './selector-text.ts';

it('a selector is written as the query of a list takes it', () => {
  const matchExpressions = [
    { key: 'tier', operator: 'In', values: ['a', 'b'] },
    { key: 'zone', operator: 'NotIn', values: ['c'] },
    { key: 'app.kubernetes.io/part-of', operator: 'Exists' },
    { key: 'canary', operator: 'DoesNotExist' },
  ];
  expect(selectorText({ matchLabels: { app: 'web', track: 'x' }, matchExpressions })).toBe(
    'app=web,track=x,tier in (a,b),zone notin (c),app.kubernetes.io/part-of,!canary',
  );
});

it('one that is not understood selects nothing, rather than too much', () => {
  expect(() => selectorText({ matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1'] }] })).toThrow(
    'operator Gt',
  );
});
