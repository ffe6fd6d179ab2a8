import { Secret } from '../../src/config/config.ts';
import type { Delivery } from '../../src/domain/alert.ts';
import { yes } from '../../src/domain/verdict.ts';
import type { HttpDeps } from '../../src/http/deps.ts';

export interface TestDeps {
  readonly deps: HttpDeps;
  /** What `accept` was given. */
  readonly deliveries: Delivery[];
  readonly logged: string[];
  readonly answered: number[];
}

/** What the HTTP side needs: a webhook with the token `let-me-in`, a UI with the login `ops`, `pass:word`. */
export function testDeps(fields: Partial<HttpDeps> = {}): TestDeps {
  const deliveries: Delivery[] = [];
  const logged: string[] = [];
  const answered: number[] = [];
  const deps: HttpDeps = {
    accept: async (delivery) => void deliveries.push(delivery),
    ready: () => yes('Ready.'),
    redis: { answers: async () => true, isSilence: () => false },
    metrics: async () => ({ contentType: 'text/plain; version=0.0.4', body: 'up 1\n' }),
    reload: async () => yes('Reloaded.'),
    webhookAuth: () => ({ bearer: new Secret('let-me-in'), insecureNoAuth: false }),
    uiAuth: () => ({ username: 'ops', password: new Secret('pass:word') }),
    brakes: {
      read: async () => ({ pauses: [], latches: [] }),
      pause: async () => yes('paused'),
      resume: async () => yes('resumed'),
      acknowledge: async () => yes('acknowledged'),
    },
    recoveries: {
      list: async () => [],
      show: async () => undefined,
      evidence: async () => undefined,
      approve: async () => yes('approved'),
      reject: async () => yes('rejected'),
      cancel: async () => yes('cancelled'),
      retry: async () => yes('retried'),
      recover: async () => ({ ...yes('begun'), recovery: 'r_1' }),
    },
    backups: {
      sources: async () => [],
      snapshots: async () => [],
      plan: async () => 'there is nothing',
      repositories: async () => [],
      run: async () => undefined,
      cancel: async () => yes('it is cancelled'),
      begin: async () => yes('begun'),
    },
    records: { audit: async () => [], decisions: async () => [], decision: async () => [] },
    queues: [],
    log: (message) => void logged.push(message),
    answered: (status) => void answered.push(status),
    ...fields,
  };
  return { deps, deliveries, logged, answered };
}

/** A body with one alert. */
export const oneAlert = (labels: Readonly<Record<string, unknown>> = { alertname: 'Down', name: 'web' }) => ({
  version: '4',
  receiver: 'paramedic',
  truncatedAlerts: 0,
  alerts: [
    {
      status: 'firing',
      labels,
      annotations: {},
      startsAt: '2026-11-22T10:00:00Z',
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: '',
      fingerprint: 'f00d',
    },
  ],
});
