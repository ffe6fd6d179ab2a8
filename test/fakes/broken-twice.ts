import { afterEach, beforeEach } from 'vitest';
import { z } from 'zod';
import { rollbackDeployment } from '../../src/actions/rollback/deployment.ts';
import type { Guardrail } from '../../src/domain/guardrail.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { Outcome } from '../../src/domain/recovery.ts';
import { no, yes } from '../../src/domain/verdict.ts';
import { recover, triage } from '../../src/flow.ts';
import { minAvailable } from '../../src/guardrails/min-available/min-available.ts';
import type { Road } from '../../src/road/road.ts';
import { deployment } from '../../src/targets/deployment/deployment.ts';
import { createFakeClock } from './clock.ts';
import { putPod } from './put-back-pods.ts';
import { type Shop, startPutBackShop } from './put-back-shop.ts';
import { settings, web } from './remembered.ts';
import { roadsOnRedis } from './road-on-redis.ts';

const place = { namespace: 'shop', name: 'web' };
export const spec = (image: string, replicas: number, maxUnavailable = 0) => ({
  replicas,
  selector: { matchLabels: { app: 'web' } },
  strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable } },
  template: {
    metadata: { labels: { app: 'web' } },
    spec: { containers: [{ name: 'app', image, readinessProbe: { tcpSocket: { port: 80 } } }] },
  },
});
const rolledOut = (generation: number, replicas: number) => ({
  observedGeneration: generation,
  replicas,
  updatedReplicas: replicas,
  readyReplicas: replicas,
  availableReplicas: replicas,
});

/**
 * A Deployment whose old pods are well, and whose ConfigMap, and after that its template, were broken: its controller makes
 * pods of the template, which crash while the ConfigMap is broken.
 */
export function brokenTwiceScene() {
  const testRoad = roadsOnRedis();
  let shop: Shop;
  let clock: ReturnType<typeof createFakeClock>;
  let comesAs: 'well' | 'crashes' | 'finds no room' | undefined;
  beforeEach(async () => {
    shop = await startPutBackShop();
    comesAs = undefined;
    clock = createFakeClock(Date.now());
  });
  afterEach(() => shop.close());

  const isBroken = (): boolean => JSON.stringify(shop.get(settings)?.['data']) !== '{"MODE":"ok"}';

  function brokenTwice(replicas = 3, maxUnavailable = 0): void {
    const names = ['a', 'b', 'c'].slice(0, replicas);
    shop.write(settings, { data: { MODE: 'ok' } }, 'kubectl', 9_000_000);
    shop.write(
      web,
      { spec: spec('web:1', replicas, maxUnavailable), status: rolledOut(1, replicas) },
      'kubectl',
      9_000_000,
    );
    shop.stamp(web);
    shop.write(settings, { data: { MODE: 'broken' } }, 'kubectl-edit', 500_000);
    const status = { ...rolledOut(1, replicas), replicas: replicas + 1, updatedReplicas: 1 };
    shop.write(web, { spec: spec('web:bad', replicas, maxUnavailable), status }, 'kubectl-set', 300_000);
    for (const name of names) putPod(shop.api, name);
    putPod(shop.api, 'bad', { hash: 'bad', life: 'crashes' });
    let made = 0;
    const makeNext = (hash: string): void => {
      const startedAt = new Date(clock.now() - 1_000).toISOString();
      const life = comesAs ?? (isBroken() ? 'crashes' : 'well');
      putPod(shop.api, `next-${(made += 1)}`, { hash, life, startedAt });
      if (hash === 'h2' && life === 'well')
        for (const name of names) shop.api.remove('pods', { namespace: 'shop', name });
    };
    shop.api.onWrite(({ method, path }) => {
      const now = shop.api.get('deployments.apps', place);
      const isOfWeb = method === 'PATCH' && path.endsWith('/web');
      if (isOfWeb && now !== undefined) {
        shop.api.put('deployments.apps', { ...now, status: rolledOut(now.metadata.generation ?? 1, replicas) });
        for (const name of ['bad', `next-${made}`]) shop.api.remove('pods', { namespace: 'shop', name });
      }
      const isRestarted = now?.spec.template.metadata?.annotations?.['kubectl.kubernetes.io/restartedAt'] !== undefined;
      if (path.endsWith('/eviction') || (isOfWeb && isRestarted)) makeNext(isRestarted ? 'h2' : 'h1');
    });
  }

  function rollingBack() {
    const { road, alert, delivery, rings, events } = testRoad();
    const playbook = {
      name: 'ill',
      match: [{ text: 'alertname="Ill"', label: 'alertname', matches: () => true }],
      mode: 'act' as const,
      guardrails: {},
      steps: [{ verb: 'rollback', params: undefined, verify: { withinMs: 60_000, stableMs: 10_000 } }],
    };
    let held = (_plan: Plan): boolean => false;
    const holding: Guardrail = {
      kind: 'holding',
      params: z.unknown(),
      check: async ({ plan }) => (held(plan) ? no('held by a test') : yes('not held')),
    };
    const kubernetes = [{ name: 'prod', isDefault: true, protectedNamespaces: [] }];
    const used: Road = {
      ...road,
      clock,
      config: () => ({ ...road.config(), mode: 'act', playbooks: [playbook], kubernetes }),
      clients: () => shop.clients,
      targets: [deployment],
      actions: [rollbackDeployment],
      guardrails: [minAvailable, holding],
    };
    const labels = { alertname: 'Ill', namespace: 'shop', deployment: 'web' };
    return {
      road: used,
      hold: (isHeld: (plan: Plan) => boolean): void => void (held = isHeld),
      /** As much time has gone by, ms. */
      later: (ms: number): void => void clock.sleep(ms),
      async begin(): Promise<string> {
        const ill = alert({ alertname: 'Ill', labels, startsAt: clock.now() - 1_000 });
        await triage({ ...delivery(ill), receivedAt: clock.now() }, used);
        const recovery = rings.at(-1)?.recovery;
        if (recovery === undefined) throw new Error('no recovery was opened');
        return recovery;
      },
      async run(recovery: string, made = 0): Promise<Outcome> {
        const ring = { recovery, attempt: 1, made, lastTry: false };
        const answer = await recover(ring, used, new AbortController().signal);
        if (!('outcome' in answer)) throw new Error(JSON.stringify(answer));
        return answer.outcome;
      },
      planned: () => events.flatMap((one) => (one.event === 'planned' ? [one.plan.id ?? 'no id'] : [])),
    };
  }

  return {
    shop: () => shop,
    brokenTwice,
    rollingBack,
    /** How the next pods live, whatever the ConfigMap says. */
    nextComeAs: (life: typeof comesAs): void => void (comesAs = life),
  };
}
