import { beforeEach } from 'vitest';
import type { Alert } from '../../src/domain/alert.ts';
import type { Outcome } from '../../src/domain/recovery.ts';
import type { DecideInput, Store } from '../../src/domain/store.ts';
import { createRedisStore } from '../../src/store/redis-store.ts';
import { redisOfFile } from './redis-of-file.ts';

export const minute = 60_000;
export const t0 = 1_764_000_000_000;
export const web = { kind: 'container', key: 'docker/local/container/web', uid: 'abc' };
const procedure = { name: 'down', mode: 'act', steps: [], guardrails: {} } as const;
export const plan = {
  summary: 'start container web',
  touches: [web.key],
  change: { big: 1_764_000_000_123.456, none: [] },
  ownTimeMs: 5_000,
};

export const alert = (fingerprint: string, more: Partial<Alert> = {}): Alert => ({
  fingerprint,
  alertname: 'Down',
  status: 'firing',
  labels: {},
  annotations: {},
  startsAt: t0,
  ...more,
});
export const news = (one: Alert, now: number, config = 'c1') =>
  ({ alert: one, now, config, source: 'alertmanager', counted: true }) as const;
export const decideInput = (one: Alert, now: number, more: Partial<DecideInput> = {}): DecideInput => ({
  ...news(one, now),
  heard: false,
  decision: { decision: 'recover', reason: 'down answers it', playbook: 'down', mode: 'act', target: web },
  procedure,
  ...more,
});

/** A store on a real Redis of the calling test file, with keys of its own for each test. */
export function storeOnRedis() {
  const { redis } = redisOfFile();
  let store: Store;
  let count = 0;
  beforeEach(() => {
    store = createRedisStore(redis(), `t${(count += 1)}:`);
  });
  return {
    store: () => store,
    keys: (pattern: string) => redis().keys(`t${count}:${pattern}`),
    resolvedAt: (fingerprint: string, endsAt: number) =>
      store.resolved(news(alert(fingerprint, { status: 'resolved', endsAt }), endsAt + 1)),
    async open(fingerprint = 'f1', now = t0 + 1_000) {
      const decided = await store.decide(decideInput(alert(fingerprint), now));
      return { ...decided, recovery: decided.decision.recovery ?? '' };
    },
    async finish(recovery: string, outcome: Outcome, now: number, attempt = 1) {
      const run = { recovery, attempt, run: `run${now}` };
      await store.begin(run, 0);
      await store.end(run, outcome, 0, now);
    },
  };
}
