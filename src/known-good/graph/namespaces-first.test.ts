import { expect, test } from 'vitest';
import { recorded } from '../../../test/fakes/recorded.ts';
import { namespacesFirst } from './namespaces-first.ts';

test('nothing is told before the namespaces are, then all of it in order', () => {
  const told = recorded();
  const recorder = namespacesFirst(told);
  recorder.gone('kubernetes/prod/shop/configmap/a', 0);
  recorder.current();
  expect(told.taken()).toEqual([]);
  recorder.replaced('namespace', []);
  const lines = told.taken();
  expect(lines).toHaveLength(3);
  expect(lines[0]).toContain('namespace');
  expect(lines[2]).toContain('current');
  recorder.interrupted('why');
  expect(told.taken()).toHaveLength(1);
});

test('without a picture of them it goes on', () => {
  const told = recorded();
  const recorder = namespacesFirst(told);
  recorder.current();
  recorder.open();
  expect(told.taken()).toHaveLength(1);
});
