import { expect, it } from 'vitest';
import { listing } from '../../test/fakes/prometheus.ts';
import type { AlertingRule, AlertmanagerClient, Clients, Sample } from '../domain/clients.ts';
import { ActionError } from '../domain/errors.ts';
import { capture } from './capture.ts';
import { expressionIn } from './expression.ts';

const labels = { alertname: 'Down', instance: 'a:1', job: 'web', cluster: 'prod', severity: 'critical' };
const url = 'http://prometheus:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1';
const rule = (expression: string, more: Record<string, string> = {}): AlertingRule => ({ expression, labels: more });

function clientsOf(rules: readonly AlertingRule[], samples: readonly Sample[], more: Partial<Clients> = {}) {
  const asked: string[] = [];
  const prometheus = {
    ...listing(async () => []),
    rules: async () => rules,
    query: async (expression: string) => (asked.push(expression), samples),
  };
  const clients: Clients = { docker: new Map(), kubernetes: new Map(), prometheus, ...more };
  return { asked, clients };
}
const take = async (clients: Clients, more: { generatorURL?: string; labels?: Record<string, string> } = {}) => {
  const { signal } = new AbortController();
  const evidence = await capture({ target: { kind: 'x', key: 'test/x' }, labels, clients, signal, now: 0, ...more });
  return { ...evidence, missing: evidence.missing.filter((sentence) => !sentence.startsWith('test/x')) };
};

it('is what the rules of that name answer now, those of the victim first', async () => {
  const { asked, clients } = clientsOf(
    [rule('up == 0', { severity: '{{ $value }}' }), rule('up < 1', { severity: 'warning' }), rule('up == 0')],
    [
      { labels: { __name__: 'up', instance: 'b:1', job: 'web' }, value: 0 },
      { labels: { __name__: 'up', instance: 'a:1', job: 'web' }, value: 0 },
    ],
  );
  const { sections, missing } = await take(clients);
  expect(asked).toEqual(['up == 0']);
  expect(sections).toEqual([
    {
      title: 'Down in Prometheus',
      text: 'up == 0\nup{instance="a:1", job="web"} 0\nup{instance="b:1", job="web"} 0',
    },
  ]);
  expect(missing).toEqual([]);
});

it('says so when it does not hold any more, and cuts what is too much', async () => {
  expect((await take(clientsOf([rule('up == 0')], []).clients)).sections[0]?.text).toBe(
    'up == 0\nnothing: it does not hold now',
  );
  const many = Array.from({ length: 130 }, (_, index) => ({ labels: { n: `${index}` }, value: 1 }));
  const { sections } = await take(clientsOf([rule('up')], many).clients);
  expect(sections[0]?.text.split('\n').at(-1)).toBe('[and 30 series more]');
});

it('has its expression from its generatorURL, or that in Alertmanager, where no rule is known', async () => {
  const given = clientsOf([], []);
  await take(given.clients, { generatorURL: url });
  expect(given.asked).toEqual(['up == 0']);
  const common = { annotations: {}, startsAt: 0, state: 'active', suppressedBy: [], receivers: [] } as const;
  const alertmanager: AlertmanagerClient = {
    list: async () => ({
      reachable: 1,
      errors: [],
      alerts: [
        {
          ...common,
          fingerprint: '1',
          labels: { ...labels, instance: 'b:1' },
          generatorURL: url.replace('up', 'down'),
        },
        { ...common, fingerprint: '2', labels, generatorURL: url },
      ],
    }),
  };
  const listed = clientsOf([], [], { alertmanager });
  await take(listed.clients);
  expect(listed.asked).toEqual(['up == 0']);
});

it('is named as missing when nobody can tell, and not asked about where there is no alert', async () => {
  expect((await take(clientsOf([], []).clients)).missing).toEqual([
    "what Down's expression answers: no rule of that name is known",
  ]);
  const { prometheus: _, ...without } = clientsOf([], []).clients;
  expect((await take(without)).missing).toEqual(["what Down's expression answers: no Prometheus is configured"]);
  expect((await take(without, { labels: {} })).missing).toEqual([]);
  const away = {
    ...listing(async () => []),
    rules: async () => [rule('up')],
    query: () => Promise.reject(new ActionError('it is away', 'unreachable', true)),
  };
  expect((await take({ ...without, prometheus: away })).missing).toEqual([
    "what Down's expression answers: it is away",
  ]);
});

it('does not wait for who never answers, and does not heed that the time is over', async () => {
  const { clients } = clientsOf([rule('up')], []);
  const prometheus = {
    ...listing(async () => []),
    rules: async () => [rule('up')],
    query: () => new Promise<never>(() => {}),
  };
  const { signal } = new AbortController();
  const target = { kind: 'x', key: 'test/x' };
  const asked = { target, labels, clients: { ...clients, prometheus }, signal, now: 0, withinMs: 100 };
  expect((await capture(asked)).missing).toContain("what Down's expression answers: no answer within 0.1 s");
});

it.each([
  [undefined, undefined],
  ['no url', undefined],
  ['http://grafana/alerting/1/view', undefined],
  [url, 'up == 0'],
])('%s has %s', (given, expression) => {
  expect(expressionIn(given)).toBe(expression);
});
