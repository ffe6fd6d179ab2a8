import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { Delivery } from '../domain/alert.ts';
import { parseDelivery } from './parse-delivery.ts';

const file = async (name: string): Promise<unknown> =>
  JSON.parse(await readFile(new URL(`../../test/testdata/webhook/${name}.json`, import.meta.url), 'utf8'));

function good(body: unknown): Delivery {
  const delivery = parseDelivery(body, 1000);
  if ('error' in delivery) throw new Error(delivery.error);
  return delivery;
}

const alert = (fields: Readonly<Record<string, unknown>> = {}) => ({
  status: 'firing',
  labels: { alertname: 'Down' },
  annotations: {},
  startsAt: '2026-11-22T10:00:00Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: '',
  fingerprint: 'f00d',
  ...fields,
});
const body = (...alerts: readonly unknown[]) => ({ version: '4', receiver: 'paramedic', truncatedAlerts: 0, alerts });

describe('parseDelivery', () => {
  it('reads what Alertmanager sent', async () => {
    const delivery = good(await file('alertmanager-mixed'));
    expect(delivery).toMatchObject({
      receivedAt: 1000,
      source: 'alertmanager',
      receiver: 'team.a+paramedic',
      truncatedAlerts: 0,
    });
    const [down, unhealthy] = delivery.alerts;
    expect(down).toMatchObject({
      alertname: 'ContainerDown',
      status: 'firing',
      fingerprint: 'dcc62b2a8157505f',
      startsAt: Date.parse('2026-11-25T10:11:46.844Z'),
      generatorURL: 'http://prometheus:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1',
    });
    expect(down?.labels['name']).toBe('web');
    expect(down?.annotations['summary']).toBe('Container web is down');
    expect(down).not.toHaveProperty('endsAt');
    expect(unhealthy).toMatchObject({ status: 'resolved', endsAt: Date.parse('2026-11-25T10:11:49Z') });
  });

  it('reads what Grafana Alerting sends, its pseudo alerts too', async () => {
    const delivery = good(await file('grafana'));
    expect(delivery).toMatchObject({ source: 'grafana', receiver: 'paramedic (docker)' });
    expect(delivery.alerts.map((one) => [one.alertname, one.status])).toEqual([
      ['ContainerDown', 'firing'],
      ['ContainerUnhealthy', 'resolved'],
      ['DatasourceNoData', 'firing'],
    ]);
    expect(delivery.alerts[0]?.startsAt).toBe(Date.parse('2026-11-22T09:51:03.157Z'));
  });

  it('takes an alert without a name, without annotations and without a generator', () => {
    const [one] = good(body(alert({ labels: {}, annotations: undefined, generatorURL: undefined }))).alerts;
    expect(one).toMatchObject({ alertname: '', annotations: {} });
    expect(one).not.toHaveProperty('generatorURL');
  });

  it('leaves a firing alert without an end, whatever it says', () => {
    expect(good(body(alert({ endsAt: '2030-01-01T00:00:00Z' }))).alerts[0]).not.toHaveProperty('endsAt');
  });

  it('keeps odd label values as they are', () => {
    const labels = { alertname: 'x', a: '../../kube-system', b: '$(reboot)', c: 'a\nb\u0000', d: '\ud800' };
    expect(good(body(alert({ labels }))).alerts[0]?.labels).toEqual(labels);
  });

  it('is not polluted by a label called __proto__', () => {
    const hostile: unknown = JSON.parse(
      JSON.stringify(body(alert())).replace('"alertname":"Down"', '"__proto__":"x","constructor":"y"'),
    );
    const [one] = good(hostile).alerts;
    expect(Object.getPrototypeOf(one?.labels)).toBe(Object.prototype);
    expect(one?.alertname).toBe('');
    expect(Object.keys(one?.labels ?? {})).toEqual(['__proto__', 'constructor']);
  });

  it.each<[unknown, string]>([
    [null, 'body: expected an object, got null'],
    [[], 'body: expected an object, got an array'],
    [
      { ...body(), version: 4 },
      'version: expected the string "4" (Alertmanager), or "1" beside an orgId (Grafana Alerting), got the number 4',
    ],
    [
      { ...body(), version: '1' },
      'version: expected the string "4" (Alertmanager), or "1" beside an orgId (Grafana Alerting), got "1"',
    ],
    [
      { version: '4', receiver: 'x' },
      'alerts: expected an array, got nothing; a receiver with its own `payload:` cannot be read, take it out',
    ],
    [{ ...body(), alerts: {} }, 'alerts: expected an array, got an object'],
    [{ ...body(), receiver: 7 }, 'receiver: expected a string, got a number'],
    [{ ...body(), truncatedAlerts: -1 }, 'truncatedAlerts: expected a whole number, 0 or more, got the number -1'],
    [body(alert(), 'x'), 'alerts[1]: expected an object, got a string'],
    [body(alert({ status: 'on' })), 'alerts[0].status: expected "firing" or "resolved", got "on"'],
    [body(alert({ labels: null })), 'alerts[0].labels: expected an object, got null'],
    [body(alert(), alert({ labels: { pod: 3 } })), 'alerts[1].labels.pod: expected a string, got a number'],
    [body(alert({ labels: { 'a\nb': {} } })), 'alerts[0].labels."a\\nb": expected a string, got an object'],
    [body(alert({ annotations: { a: null } })), 'alerts[0].annotations.a: expected a string, got null'],
    [
      body(alert({ startsAt: 'yesterday' })),
      'alerts[0].startsAt: expected a date and time like 2026-11-22T10:00:00Z, got "yesterday"',
    ],
    [
      body(alert({ startsAt: '0001-01-01T00:00:00Z' })),
      'alerts[0].startsAt: expected a date and time like 2026-11-22T10:00:00Z, got "0001-01-01T00:00:00Z"',
    ],
    [
      body(alert({ endsAt: 12 })),
      'alerts[0].endsAt: expected a date and time like 2026-11-22T10:00:00Z, got the number 12',
    ],
    [body(alert({ generatorURL: [] })), 'alerts[0].generatorURL: expected a string, got an array'],
    [
      body(alert({ fingerprint: 'a/../b' })),
      'alerts[0].fingerprint: expected 1 to 128 letters, digits, "_", "." or "-", got "a/../b"',
    ],
    [body(alert({ labels: { x: 'é'.repeat(32769) } })), 'alerts[0].labels.x: longer than 65536 bytes'],
    [
      body(alert({ labels: Object.fromEntries(Array.from({ length: 501 }, (_, i) => [`l${i}`, ''])) })),
      'alerts[0].labels: more than 500 of them',
    ],
    [body(...Array.from({ length: 20001 }, () => 0)), 'alerts: 20001 of them, at most 20000 are taken'],
  ])('refuses a body that can never be right (%#)', (malformed, error) => {
    expect(parseDelivery(malformed, 1000)).toEqual({ error });
  });

  it('takes what is just within its limits', () => {
    const labels = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`l${i}`, '']));
    expect(good(body(alert({ labels: { ...labels, l0: 'é'.repeat(32768) } }))).alerts).toHaveLength(1);
    expect(good(body(...Array.from({ length: 20000 }, () => alert()))).alerts).toHaveLength(20000);
  });
});
