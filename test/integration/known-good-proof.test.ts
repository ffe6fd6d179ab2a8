import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { rollbackDeployment } from '../../src/actions/rollback/deployment.ts';
import { ActionError } from '../../src/domain/errors.ts';
import type { Guardrail } from '../../src/domain/guardrail.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { Outcome } from '../../src/domain/recovery.ts';
import { no, yes } from '../../src/domain/verdict.ts';
import { recover, triage } from '../../src/flow.ts';
import { minAvailable } from '../../src/guardrails/min-available/min-available.ts';
import type { Road } from '../../src/road/road.ts';
import { deployment } from '../../src/targets/deployment/deployment.ts';
import { createFakeClock } from '../fakes/clock.ts';
import { putBudget, putPod } from '../fakes/put-back-pods.ts';
import { type Shop, startPutBackShop } from '../fakes/put-back-shop.ts';
import { settings, web } from '../fakes/remembered.ts';
import { roadsOnRedis } from '../fakes/road-on-redis.ts';

const testRoad = roadsOnRedis();
const place = { namespace: 'shop', name: 'web' };
let shop: Shop;
let clock: ReturnType<typeof createFakeClock>;
beforeEach(async () => {
  shop = await startPutBackShop();
  comesAs = undefined;
  clock = createFakeClock(Date.now());
});
afterEach(() => shop.close());

const spec = (image: string, replicas: number, maxUnavailable = 0) => ({
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
const isBroken = (): boolean => JSON.stringify(shop.get(settings)?.['data']) !== '{"MODE":"ok"}';
/** How the next pods live, whatever the ConfigMap says. */
let comesAs: 'well' | 'crashes' | 'finds no room' | undefined;

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

const evictions = () => shop.writes().filter((write) => write.endsWith('/eviction'));

describe('what has helped is proven by one pod', () => {
  it('when something else changed that is still there, once, and only when it is well', async () => {
    brokenTwice();
    const lucky = new Set<string>();
    // What changed beside it was no trouble after all.
    shop.api.onWrite(({ path }) => {
      const name = path.endsWith('/eviction') ? 'next-1' : '';
      if (name === '' || lucky.has(name)) return;
      lucky.add(name);
      // By the clock of its node it began before all that: it proves nothing to whoever looks at that.
      putPod(shop.api, name);
    });
    const road = rollingBack();
    expect(await road.run(await road.begin())).toMatchObject({
      result: 'recovered',
      reason: expect.stringContaining('replace pod'),
    });
    expect(shop.writes()).toEqual(['PATCH web', expect.stringMatching(/^POST [abc]\/eviction$/)]);
    expect(road.planned()).toEqual([expect.stringMatching(/^[0-9a-f]{16}$/), 'proof']);
  });

  it('and what it shows is put back next', async () => {
    brokenTwice();
    const road = rollingBack();
    expect(await road.run(await road.begin())).toMatchObject({ result: 'recovered' });
    expect(shop.writes()).toEqual([
      'PATCH web',
      expect.stringMatching(/^POST [abc]\/eviction$/),
      'PATCH settings',
      'POST next-1/eviction',
    ]);
    expect(shop.get(settings)).toMatchObject({ data: { MODE: 'ok' } });
    expect(road.planned()).toHaveLength(3);
  });

  it('but not where the guardrails would not let a pod go', async () => {
    brokenTwice(2, 1);
    const road = rollingBack();
    const recovery = await road.begin();
    const { result, reason } = await road.run(recovery);
    expect(result).toBe('recovered');
    expect(shop.writes()).toEqual(['PATCH web']);
    expect(reason).toMatch(
      /; not tested: configmap shop\/settings \(data\.MODE since .*, by kubectl-edit\) changed within 1h and was left as it is; a new pod may not come to run: min_available: it takes 1 of 2 ready replicas away, .* and 2 \(51%\) have to$/,
    );
    // Where people look: the decision of its alert.
    expect(await road.road.store.decisionsOf(recovery)).toMatchObject([{ reason: `recovered: ${reason}` }]);
  });

  it('nor the only one where its strategy takes it away first, and says so', async () => {
    brokenTwice(1, 1);
    const road = rollingBack();
    expect(await road.run(await road.begin())).toMatchObject({
      result: 'recovered',
      reason: expect.stringMatching(/; not tested: configmap shop\/settings .*: it has no pod that could be spared$/),
    });
    expect(shop.writes()).toEqual(['PATCH web']);
  });

  describe('by a roll-out where it is the only one', () => {
    it('and the next one comes first', async () => {
      brokenTwice(1);
      comesAs = 'well';
      const road = rollingBack();
      expect(await road.run(await road.begin())).toMatchObject({
        result: 'recovered',
        reason: expect.stringMatching(/restart deployment shop\/web, to see that its first new pod comes to run/),
      });
      expect(shop.writes()).toEqual(['PATCH web', 'PATCH web']);
      expect(shop.get(settings)).toMatchObject({ data: { MODE: 'broken' } });
    });

    it('and what that shows is put back next, with the old one there all the while', async () => {
      brokenTwice(1);
      let old = false;
      shop.api.onWrite(({ path }) => {
        if (path.endsWith('/settings')) old = shop.api.get('pods', { namespace: 'shop', name: 'a' }) !== undefined;
      });
      const road = rollingBack();
      expect(await road.run(await road.begin())).toMatchObject({ result: 'recovered' });
      expect(shop.writes()).toEqual(['PATCH web', 'PATCH web', 'PATCH settings', 'POST next-1/eviction']);
      expect(shop.get(settings)).toMatchObject({ data: { MODE: 'ok' } });
      expect(old).toBe(true);
    });

    it('and it is taken back where what was left is not why the next one does not come to run', async () => {
      brokenTwice(1);
      comesAs = 'crashes';
      const road = rollingBack();
      expect(await road.run(await road.begin())).toMatchObject({
        result: 'recovered',
        reason: expect.stringMatching(
          /; not tested: configmap shop\/settings .*: pod next-1 came after it, and does not come/,
        ),
      });
      expect(shop.writes()).toEqual([
        'PATCH web',
        'PATCH web',
        'PATCH settings',
        'POST next-1/eviction',
        'PATCH settings',
        'PATCH web',
      ]);
      expect(shop.get(web)).toMatchObject({ spec: spec('web:1', 1) });
      expect(shop.get(settings)).toMatchObject({ data: { MODE: 'broken' } });
    });

    it('and it is taken back where what would be put back next is held', async () => {
      brokenTwice(1);
      const road = rollingBack();
      const recovery = await road.begin();
      road.hold(({ touches }) => touches.length > 1);
      expect(await road.run(recovery)).toMatchObject({
        result: 'recovered',
        reason: expect.stringMatching(
          /; not tested: configmap shop\/settings .*: pod next-1 came after it, and does not come/,
        ),
      });
      expect(shop.writes()).toEqual(['PATCH web', 'PATCH web', 'PATCH web']);
      expect(shop.get(web)).toMatchObject({ spec: spec('web:1', 1) });
    });

    it('and is taken back by who comes after a worker that has died in the middle of that', async () => {
      brokenTwice(1);
      comesAs = 'crashes';
      const road = rollingBack();
      const recovery = await road.begin();
      let patches = 0;
      const isTakenBack = ({ method, path }: { readonly method: string; readonly path: string }): boolean =>
        method === 'PATCH' && path.endsWith('/web') && (patches += 1) === 3;
      shop.api.fault({ kind: 'reset', afterEffect: false, matches: isTakenBack });
      await expect(road.run(recovery)).rejects.toMatchObject({ retryable: true });
      expect(await road.run(recovery, 1)).toMatchObject({ result: 'recovered' });
      expect(shop.get(web)).toMatchObject({ spec: spec('web:1', 1) });
    });

    it('and it is taken back where the next one finds no room, which shows nothing', async () => {
      brokenTwice(1);
      comesAs = 'finds no room';
      const road = rollingBack();
      expect(await road.run(await road.begin())).toMatchObject({
        result: 'recovered',
        reason: expect.stringMatching(
          /; not tested: configmap shop\/settings .*: after 60 s: its rollout is under way/,
        ),
      });
      expect(shop.writes()).toEqual(['PATCH web', 'PATCH web', 'PATCH web']);
      expect(shop.get(web)).toMatchObject({ spec: spec('web:1', 1) });
      expect(shop.get(settings)).toMatchObject({ data: { MODE: 'broken' } });
    });
  });

  it('and says nothing where nothing was left', async () => {
    brokenTwice(2, 1);
    shop.write(settings, { data: { MODE: 'ok' } }, 'kubectl-edit', 400_000);
    const road = rollingBack();
    const { result, reason } = await road.run(await road.begin());
    expect(result).toBe('recovered');
    expect(reason).not.toContain('not tested');
  });

  it('and where a disruption budget keeps the pod, it has recovered all the same', async () => {
    brokenTwice();
    putBudget(shop.api, 0);
    const road = rollingBack();
    expect(await road.run(await road.begin())).toMatchObject({
      result: 'recovered',
      reason: expect.stringMatching(/; not tested: configmap shop\/settings .*: could not be applied: .*budget/),
    });
    expect(shop.get(web)).toMatchObject({ spec: spec('web:1', 3) });
    expect(shop.api.get('pods', { namespace: 'shop', name: 'a' })).toBeDefined();
  });

  it('and by no more than one, though the worker dies in between', async () => {
    brokenTwice();
    const road = rollingBack();
    const recovery = await road.begin();
    // It is carried out, and nobody hears of it.
    const isEviction = ({ path }: { readonly path: string }): boolean => path.endsWith('/eviction');
    shop.api.fault({ kind: 'reset', afterEffect: true, matches: isEviction });
    await expect(road.run(recovery)).rejects.toMatchObject({ retryable: true });
    expect(evictions()).toHaveLength(1);
    expect(await road.run(recovery, 1)).toMatchObject({ result: 'recovered' });
    expect(evictions()).toHaveLength(2);
    expect(evictions().at(-1)).toBe('POST next-1/eviction');
    expect(shop.writes().filter((write) => write === 'PATCH web')).toHaveLength(1);
  });

  it('also where the worker dies before it is planned', async () => {
    brokenTwice();
    const road = rollingBack();
    const recovery = await road.begin();
    const { store } = road.road;
    const journal: typeof store.journal = async (run, line) =>
      line.plan.id === 'proof'
        ? Promise.reject(new ActionError('the worker is gone', 'unreachable', true))
        : store.journal(run, line);
    const dying = { ...road.road, store: { ...store, journal } };
    const ring = { recovery, attempt: 1, made: 0, lastTry: false };
    await expect(recover(ring, dying, new AbortController().signal)).rejects.toThrow('the worker is gone');
    expect(evictions()).toEqual([]);
    expect(await road.run(recovery, 1)).toMatchObject({ result: 'recovered' });
    expect(shop.writes()).toEqual([
      'PATCH web',
      expect.stringMatching(/^POST [abc]\/eviction$/),
      'PATCH settings',
      'POST next-1/eviction',
    ]);
  });
});
