import { describe, expect, it } from 'vitest';
import { quoted } from '../domain/quoted.ts';
import { podMadeFrom, replicaSetMadeFrom, serviceOfSlice } from './grammar.ts';
import { selects } from './selects.ts';

describe("a pod's name tells what may have made it", () => {
  it.each([
    ['checkout-7d9c5b6f4d-x2x9k', { deployment: 'checkout', generated: 'checkout-7d9c5b6f4d' }],
    // A CronJob's: its time has a 2, which no hash of a template has.
    ['nightly-29845677-x2x9k', { generated: 'nightly-29845677' }],
    ['web-shop-0', { statefulset: 'web-shop' }],
    ['web-01', {}],
    ['agent-x2x9k', { generated: 'agent' }],
    ['web-22222', { statefulset: 'web', generated: 'web' }],
    ['agent-aeiou', {}],
    ['debug', {}],
    // Cut to fit, so the ends are not the whole ends.
    [`${'x'.repeat(46)}-7d9c5b6f4d-x2x9k`, {}],
  ])('%s', (pod, made) => {
    expect(podMadeFrom(pod)).toEqual(made);
  });
});

it('names that are made from others lead back', () => {
  expect(replicaSetMadeFrom('checkout-7d9c5b6f4d')).toBe('checkout');
  expect(replicaSetMadeFrom('checkout')).toBeUndefined();
  expect(serviceOfSlice('checkout-x2x9k')).toBe('checkout');
  expect(serviceOfSlice('kubernetes')).toBe('kubernetes');
});

it('what is quoted is plain', () => {
  expect(quoted('a"\n\u202e')).toBe('"a\\"\\n\\u202e"');
  expect(quoted('x'.repeat(300))).toBe(`"${'x'.repeat(80)}…"`);
});

describe('a selector', () => {
  const labels = { app: 'web', tier: 'a' };
  const term = (key: string, operator: string, ...values: readonly string[]) => ({
    matchExpressions: [{ key, operator, values }],
  });
  it.each([
    [{ matchLabels: { app: 'web' } }, true],
    [{ matchLabels: { app: 'db' } }, false],
    [{ matchLabels: { app: 'web', x: 'y' } }, false],
    [{}, false],
    [term('tier', 'In', 'a', 'b'), true],
    [term('tier', 'In', 'b'), false],
    [term('x', 'In', 'b'), false],
    [term('tier', 'NotIn', 'a'), false],
    [term('x', 'NotIn', 'a'), true],
    [term('tier', 'Exists'), true],
    [term('x', 'Exists'), false],
    [term('x', 'DoesNotExist'), true],
    [term('tier', 'DoesNotExist'), false],
    [term('tier', 'Gt', '1'), false],
  ])('%j: %s', (selector, does) => {
    expect(selects(selector, labels)).toBe(does);
  });
});
