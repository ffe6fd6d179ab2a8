import { afterEach, beforeEach, expect, it } from 'vitest';
import { restartDeployment } from '../../src/actions/restart/deployment.ts';
import type { Outcome } from '../../src/domain/recovery.ts';
import { recover, triage } from '../../src/flow.ts';
import { minAvailable } from '../../src/guardrails/min-available/min-available.ts';
import type { Road } from '../../src/road/road.ts';
import { deployment } from '../../src/targets/deployment/deployment.ts';
import { type KubeApi, startKubeApi } from '../fakes/kube-api.ts';
import { createFakeClock } from '../fakes/clock.ts';
import { roadsOnRedis } from '../fakes/road-on-redis.ts';

const testRoad = roadsOnRedis();
const labels = { app: 'checkout' };
const restartedAt = 'kubectl.kubernetes.io/restartedAt';
let api: KubeApi;
let clock: ReturnType<typeof createFakeClock>;
beforeEach(async () => {
  api = await startKubeApi();
  clock = createFakeClock(Date.now());
});
afterEach(() => api.close());

/** A Deployment of two, and how many of them may be stopped before new ones are ready. */
function deploy(maxUnavailable: number): void {
  api.put('deployments.apps', {
    metadata: { namespace: 'shop', name: 'checkout', uid: 'uid-1' },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable, maxSurge: 0 } },
      template: { metadata: { labels }, spec: { containers: [{ name: 'app' }] } },
    },
    status: { observedGeneration: 1, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 },
  });
}

type Life = 'serves' | 'hangs' | 'crashes, and is ready between two deaths' | 'crashes, and is down';
const at = (agoMs: number): string => new Date(Date.now() - agoMs).toISOString();

function pod(name: string, life: Life, startedAt = at(3_600_000)): void {
  const ready = life === 'serves' || life.endsWith('deaths');
  const ended = { terminated: { exitCode: 1, startedAt: at(20_000), finishedAt: at(5_000) } };
  const status = {
    name: 'app',
    ready,
    restartCount: life.startsWith('crashes') ? 9 : 0,
    state: life.endsWith('down') ? { waiting: { reason: 'CrashLoopBackOff' } } : { running: { startedAt } },
    ...(life.startsWith('crashes') && { lastState: ended }),
  };
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'checkout-h1', uid: 'r', controller: true };
  api.put('pods', {
    metadata: {
      namespace: 'shop',
      name,
      labels: { ...labels, 'pod-template-hash': 'h1' },
      ownerReferences: [owner],
      creationTimestamp: startedAt,
    },
    spec: { nodeName: 'node-1', containers: [{ name: 'app' }] },
    status: {
      phase: 'Running',
      startTime: startedAt,
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: at(1_800_000) }],
      containerStatuses: [status],
    },
  });
}

/** A road on which a Deployment that is ill is restarted, as far as the guardrail lets it. */
function restarting(guardrails: Readonly<Record<string, unknown>> = {}) {
  const { road, alert, delivery, rings, events } = testRoad();
  const playbook = {
    name: 'ill',
    match: [{ text: 'alertname="Ill"', label: 'alertname', matches: () => true }],
    mode: 'act' as const,
    guardrails,
    steps: [{ verb: 'restart', params: undefined, verify: { withinMs: 60_000, stableMs: 10_000 } }],
  };
  const kubernetes = [{ name: 'prod', isDefault: true, protectedNamespaces: [] }];
  const used: Road = {
    ...road,
    clock,
    config: () => ({ ...road.config(), mode: 'act', playbooks: [playbook], kubernetes }),
    clients: () => ({ docker: new Map(), kubernetes: new Map([['prod', api.client]]) }),
    targets: [deployment],
    actions: [restartDeployment],
    guardrails: [minAvailable],
  };
  return {
    async begin(): Promise<string> {
      const ill = alert({
        alertname: 'Ill',
        labels: { alertname: 'Ill', namespace: 'shop', deployment: 'checkout' },
        startsAt: clock.now() - 1_000,
      });
      await triage({ ...delivery(ill), receivedAt: clock.now() }, used);
      const recovery = rings.at(-1)?.recovery;
      if (recovery === undefined) throw new Error('no recovery was opened');
      return recovery;
    },
    async run(recovery: string, attempt = 1): Promise<Outcome> {
      const ring = { recovery, attempt, made: 0, lastTry: false };
      const answer = await recover(ring, used, new AbortController().signal);
      if (!('outcome' in answer)) throw new Error(JSON.stringify(answer));
      return answer.outcome;
    },
    /** What the guardrail said, in order. */
    said: () => events.flatMap((one) => (one.event === 'guardrail' ? [one.verdict.reason] : [])),
  };
}

/** Its controller replaces both pods at once when the template is written. */
const replaceAll = (): void =>
  api.onWrite(() => {
    for (const name of ['a', 'b']) pod(name, 'serves', at(60_000));
    const made = api.get('deployments.apps', { namespace: 'shop', name: 'checkout' });
    const status = { ...made?.status, observedGeneration: made?.metadata.generation };
    api.put('deployments.apps', { ...made, status });
  });
const restarts = (): number => api.writes().filter(({ body }) => JSON.stringify(body).includes(restartedAt)).length;

it('a restart that may take the last replica that serves is held, and made once only what is ill would go', async () => {
  deploy(1);
  pod('a', 'serves');
  // Ready, so its controller may as well stop the other one first.
  pod('b', 'crashes, and is ready between two deaths');
  replaceAll();
  const road = restarting();
  const recovery = await road.begin();

  const held = await road.run(recovery);
  expect(held).toMatchObject({
    result: 'blocked',
    reason: expect.stringContaining(
      'min_available: it takes 1 of 1 ready replicas away, 0 of 2 would go on serving, and 2 (51%) have to',
    ),
    retryAfterMs: 30_000,
  });
  expect(api.writes()).toEqual([]);

  await clock.sleep(held.retryAfterMs ?? 0);
  pod('b', 'crashes, and is down');
  expect(await road.run(recovery, 2)).toMatchObject({ result: 'recovered' });
  expect(road.said().at(-1)).toBe('it takes none of the 1 ready replicas away');
  expect(restarts()).toBe(1);
});

it('a restart that touches nothing but ill pods is let through, however many have to serve', async () => {
  deploy(2);
  for (const name of ['a', 'b']) pod(name, 'hangs');
  replaceAll();
  const road = restarting({ min_available: '100%' });
  expect(await road.run(await road.begin())).toMatchObject({ result: 'recovered' });
  expect(road.said()).toEqual(['it takes none of the 0 ready replicas away']);
  expect(restarts()).toBe(1);
});

it('a restart that takes the last replica is let through where the playbook says so', async () => {
  deploy(1);
  pod('a', 'serves');
  pod('b', 'crashes, and is ready between two deaths');
  replaceAll();
  const road = restarting({ min_available: 0 });
  expect(await road.run(await road.begin())).toMatchObject({ result: 'recovered' });
  expect(restarts()).toBe(1);
});
