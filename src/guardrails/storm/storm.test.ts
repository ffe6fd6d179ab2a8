import { expect, test } from 'vitest';
import { guardrailInput } from '../../../test/fakes/guardrail-input.ts';
import { kubernetesWithNodes } from '../../../test/fakes/nodes.ts';
import { ActionError } from '../../domain/errors.ts';
import type { Firing, GuardrailInput } from '../../domain/guardrail.ts';
import type { KubernetesClient } from '../../domain/kubernetes-client.ts';
import type { Storm } from '../../domain/storm.ts';
import { storm } from './storm.ts';

const { now } = guardrailInput();
const minute = 60_000;
const firing = (count: number, agoMs = minute, labels: (n: number) => Record<string, string> = () => ({})): Firing[] =>
  Array.from({ length: count }, (_, n) => ({
    labels: labels(n),
    startsAt: now - agoMs,
    names: { kind: 'deployment', phrase: `deployment shop/w${n}`, place: 'kubernetes/prod' },
  }));

/** A store that remembers its storm. */
function scene(more: Partial<GuardrailInput<unknown>> = {}, begun?: Storm) {
  let there = begun;
  const store: GuardrailInput<unknown>['store'] = {
    ...guardrailInput().store,
    storm: async () => there,
    beginStorm: async (found) => {
      const first = there === undefined;
      there ??= found;
      return first;
    },
  };
  const input = guardrailInput({ store, ...more });
  return { check: () => storm.check(input), storm: () => there };
}

test('five in trouble are none', async () => {
  const { check, storm: begun } = scene({ firing: async () => firing(5) });
  expect(await check()).toEqual({ ok: true, reason: '5 workloads are in trouble within 5m, 5 at most' });
  expect(begun()).toBeUndefined();
});

test('the sixth holds everything; who finds it tells a human, with what they share', async () => {
  const six = firing(6, minute, () => ({ namespace: 'shop', node: 'worker-2' }));
  const { check, storm: begun } = scene({ firing: async () => six });
  const reason =
    '6 workloads are in trouble within 5m, more than 5 (deployment shop/w0, deployment shop/w1, deployment shop/w2, deployment shop/w3, deployment shop/w4, …); they share node worker-2, namespace shop';
  expect(await check()).toEqual({
    ok: false,
    page: true,
    reason: `a storm holds everything since 0s: ${reason}; ended by: paramedic resume storm`,
  });
  expect(begun()).toEqual({ at: now, by: 'r_1#1', reason });
});

test('whoever meets it later is held, and tells nobody, though all have got well meanwhile', async () => {
  const { check } = scene({}, { at: now - 3 * minute, by: 'r_9#1', reason: 'many' });
  expect(await check()).toEqual({
    ok: false,
    reason: 'a storm holds everything since 3m: many; ended by: paramedic resume storm',
  });
});

test('what has fired for longer is no storm, nor are many alerts about one workload', async () => {
  expect((await scene({ firing: async () => firing(50, 6 * minute) }).check()).ok).toBe(true);
  const same = firing(50).map((one) => ({
    ...one,
    names: { kind: 'pod', phrase: 'workload shop/web', place: 'kubernetes/prod' },
  }));
  expect((await scene({ firing: async () => same }).check()).ok).toBe(true);
});

test('three of ten are more than 20 %, two are too few to tell, three of fifteen are not more', async () => {
  const target = { kind: 'deployment', key: 'kubernetes/prod/shop/deployment/w0' };
  const share = (count: number, all: number) =>
    scene({ firing: async () => firing(count), known: async () => all, target }).check();
  expect(await share(3, 10)).toMatchObject({ ok: false, page: true });
  expect((await share(3, 15)).ok).toBe(true);
  expect((await share(2, 2)).ok).toBe(true);
});

test('a share is of what is where the target is, whatever ails the others', async () => {
  const target = { kind: 'deployment', key: 'kubernetes/edge/shop/deployment/w0' };
  expect((await scene({ firing: async () => firing(5), known: async () => 10, target }).check()).ok).toBe(true);
});

test('whose rights end at a namespace is held by the number, and not by a share that nobody can tell', async () => {
  const target = { kind: 'deployment', key: 'kubernetes/prod/shop/deployment/w0' };
  const counted = (count: number) =>
    scene({ firing: async () => firing(count), known: async () => undefined, target }).check();
  expect(await counted(5)).toEqual({
    ok: true,
    reason:
      '5 workloads are in trouble within 5m, 5 at most; what share of all they are is not known: they may not be listed',
  });
  expect(await counted(6)).toMatchObject({ ok: false, page: true });
});

test('a cluster that does not answer hides no storm, and else nobody can tell', async () => {
  const down: KubernetesClient['list'] = () => Promise.reject(new ActionError('no answer', 'unreachable', true));
  const api = kubernetesWithNodes('prod', {}).get('prod');
  if (api === undefined) throw new Error('no client');
  const of = (count: number) =>
    scene({
      firing: async () => firing(count),
      kind: { platform: 'kubernetes' },
      target: { kind: 'deployment', key: 'kubernetes/prod/shop/deployment/w0' },
      clients: { docker: new Map(), kubernetes: new Map([['prod', { ...api, list: down }]]) },
    }).check();
  expect(await of(6)).toMatchObject({ ok: false, page: true });
  await expect(of(2)).rejects.toThrow('no answer');
});

test('what only our own records know of counts as well', async () => {
  const keys = Array.from({ length: 6 }, (_, n) => `docker/local/container/w${n}`);
  const input = guardrailInput();
  const { check } = scene({ store: { ...input.store, troubled: async () => keys } });
  expect((await check()).reason).toContain('6 workloads are in trouble within 5m, more than 5');
  expect((await check()).reason).toContain('they share docker/local');
});

test('the limits can be set, and it can be switched off', async () => {
  const off = scene({ params: 'off', firing: async () => firing(100) }, { at: now, by: '', reason: '' });
  expect((await off.check()).ok).toBe(true);
  const params = { workloads: 100, share: '100%' };
  expect((await scene({ params, firing: async () => firing(50) }).check()).ok).toBe(true);
  expect((await scene({ params: { within: '10m' }, firing: async () => firing(6, 9 * minute) }).check()).ok).toBe(
    false,
  );
});

test('nodes that fell lately hold everything, and are named; one that fell long ago does not', async () => {
  const at = (agoMs: number, name = 'worker-2') =>
    scene({
      kind: { platform: 'kubernetes' },
      target: { kind: 'deployment', key: 'kubernetes/prod/shop/deployment/web' },
      clients: { docker: new Map(), kubernetes: kubernetesWithNodes('prod', { [name]: new Date(now - agoMs) }) },
    }).check();
  expect(await at(minute)).toMatchObject({ ok: false, page: true });
  expect((await at(minute)).reason).toContain('node worker-2 has stopped being ready within 5m');
  expect((await at(6 * minute)).ok).toBe(true);
});

test('where nothing may be changed none is begun, and nobody is called', async () => {
  const { check, storm: begun } = scene({ observing: true, firing: async () => firing(6) });
  expect(await check()).toMatchObject({
    ok: false,
    reason: expect.stringContaining('in mode act that holds everything'),
  });
  expect(await check()).not.toHaveProperty('page');
  expect(begun()).toBeUndefined();
});
