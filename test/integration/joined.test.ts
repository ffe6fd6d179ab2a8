import { describe, expect, test } from 'vitest';
import type { Alert } from '../../src/domain/alert.ts';
import { no, yes } from '../../src/domain/verdict.ts';
import { triage } from '../../src/flow.ts';
import { listing } from '../fakes/prometheus.ts';
import type { FixDef, TestRoad } from '../fakes/road.ts';
import { outcome, roadsOnRedis, run, start } from '../fakes/road-on-redis.ts';

const testRoad = roadsOnRedis();
const decisionOf = async (road: TestRoad, fingerprint: string) =>
  (await road.road.store.decisions(10)).find((decision) => decision.fingerprint === fingerprint);

describe('an alert about what another recovery has reserved', () => {
  const plan: FixDef['plan'] = ({ target, state: { instance } }) => [
    {
      summary: 'drain a',
      touches: [target.key, 'test/b'],
      change: { candidate: 0, instance },
      ownTimeMs: 5_000,
    },
  ];

  /** A recovery of `a` that touches `b` too, whose own alert comes while it is carried out. */
  function drain(more: Partial<FixDef> = {}) {
    const road = testRoad();
    road.things.set('b', { uid: 'u2', symptoms: ['down'], instance: 1 });
    road.config.playbooks = road.config.playbooks.map((playbook) => ({ ...playbook, match: [] }));
    const labels = { alertname: 'PodDown', thing: 'b', node: 'a' };
    const about = road.alert({ fingerprint: 'fb', alertname: 'PodDown', labels });
    road.redefine('fix', {
      plan,
      apply: async () => void (await triage(road.delivery(about), road.road)),
      verify: () => no('pods are still there'),
      ...more,
    });
    return { road, about };
  }

  test.each(['not-recovered', 'recovered'])('waits for it, and is decided anew when it ends %s', async (result) => {
    const { road, about } = drain();
    if (result === 'recovered') {
      road.redefine('fix', {
        plan,
        async apply() {
          await triage(road.delivery(about), road.road);
          Object.assign(road.things.get('a') ?? {}, { symptoms: [] });
        },
        verify: () => yes('drained'),
      });
    }
    expect(await outcome(road)).toMatchObject({ result });
    const first = road.rings[0]?.recovery;
    expect((await decisionOf(road, 'fb'))?.recovery).toBe(first);
    expect(road.rings).toHaveLength(1);
    await triage(road.delivery(about), road.road);
    expect(road.rings).toHaveLength(2);
    expect((await decisionOf(road, 'fb'))?.recovery).not.toBe(first);
  });

  test('and was decided anew is not silenced by a later attempt of the one it waited for', async () => {
    const { road, about } = drain();
    const recovery = await start(road);
    await run(road, recovery);
    await triage(road.delivery(about), road.road);
    const { recovery: own, reason } = (await decisionOf(road, 'fb')) ?? {};
    await run(road, own ?? '');
    const { store } = road.road;
    expect(await store.reopen(recovery, 1, 'by hand', 0)).toEqual({ attempt: 2 });
    await run(road, recovery, 2);
    expect(reason).toBe('down answers it');
    expect(await decisionOf(road, 'fb')).toMatchObject({ recovery: own });
    expect((await decisionOf(road, 'fb'))?.retryAt).toBeUndefined();
  });

  describe('before that one has looked whether it is needed', () => {
    /** `firing`: fingerprints of the alerts that are on; `f1` is about `a`, `fb` about `b`. */
    async function joinedBefore(firing: Set<string>) {
      const { road, about } = drain();
      const listed = ({ fingerprint, labels, annotations, startsAt }: Alert) =>
        ({ fingerprint, labels, annotations, startsAt, state: 'active', suppressedBy: [], receivers: [] }) as const;
      const alerts = () => [road.alert(), about].filter(({ fingerprint }) => firing.has(fingerprint));
      road.clients.alertmanager = { list: async () => ({ reachable: 1, errors: [], alerts: alerts().map(listed) }) };
      road.clients.prometheus = listing(async (alertname) =>
        alerts().flatMap((alert) => (alert.alertname === alertname ? [alert.labels] : [])),
      );
      road.kind.showsOnObject = false;
      const recovery = await start(road);
      const dead = { recovery, attempt: 1, run: 'dead' };
      await road.road.store.begin(dead, 0);
      await road.road.store.reserve(dead, ['test/b']);
      await triage(road.delivery(about), road.road);
      expect((await road.road.store.recovery(recovery))?.episodes).toHaveLength(2);
      return { road, recovery };
    }

    test('does not keep it needed', async () => {
      const { road, recovery } = await joinedBefore(new Set(['fb']));
      const reason = 'the alert is gone from Alertmanager (read twice)';
      expect(await run(road, recovery)).toMatchObject({ outcome: { result: 'obsolete', reason } });
      expect(road.applied).toEqual([]);
    });

    test('does not keep it from having helped', async () => {
      const firing = new Set(['f1', 'fb']);
      const { road, recovery } = await joinedBefore(firing);
      const apply = async () => {
        firing.delete('f1');
        Object.assign(road.things.get('a') ?? {}, { symptoms: [] });
        // What the other alert is about can not be found any more, and its labels hold the name of `a`.
        road.things.delete('b');
      };
      road.redefine('fix', { plan, apply, verify: () => yes('drained') });
      expect(await run(road, recovery)).toMatchObject({ outcome: { result: 'recovered' } });
    });
  });
});

describe('two playbooks about one target', () => {
  /** `watch-only` may only look, `down` acts; both of their alerts are on. */
  function two() {
    const road = testRoad();
    const [down] = road.config.playbooks;
    if (down === undefined) throw new Error('no playbook');
    const matches = (value: string) => value === 'Look';
    road.config.playbooks.unshift({
      ...down,
      name: 'watch-only',
      mode: 'observe',
      match: [{ text: 'alertname="Look"', label: 'alertname', matches }],
    });
    const look = road.alert({ alertname: 'Look', fingerprint: 'fl', labels: { alertname: 'Look', thing: 'a' } });
    return { road, look };
  }

  test('one that may only look does not keep the other from acting, joined or later', async () => {
    for (const joins of [true, false]) {
      const { road, look } = two();
      await triage(road.delivery(look, ...(joins ? [road.alert()] : [])), road.road);
      const first = road.rings[0]?.recovery ?? '';
      expect(await run(road, first)).toMatchObject({ outcome: { result: 'planned' } });
      await triage(road.delivery(look, road.alert()), road.road);
      const second = road.rings.at(-1)?.recovery ?? '';
      expect(second).not.toBe(first);
      expect(await run(road, second)).toMatchObject({ outcome: { result: 'recovered' } });
      expect(road.applied).toEqual(['fix 0']);
      // What was planned stays planned: it is no other playbook's record.
      expect(await road.road.store.recovery(first)).toMatchObject({ attempt: 1, procedure: { name: 'watch-only' } });
    }
  });

  test('they do not take turns for ever while one of them is held', async () => {
    const { road, look } = two();
    await triage(road.delivery(look, road.alert()), road.road);
    await run(road, road.rings[0]?.recovery ?? '');
    road.redefine('fix', { plan: () => no('it is starting', 600_000) });
    for (let i = 0; i < 5; i += 1) {
      await road.clock.sleep(60_000);
      await triage(road.delivery(look, road.alert()), road.road);
      for (const { recovery, attempt, delayMs } of road.rings.splice(0))
        if (!delayMs) await run(road, recovery, attempt);
    }
    const records = await Promise.all(
      (await road.road.store.decisions(10)).map(({ recovery }) => road.road.store.recovery(recovery ?? '')),
    );
    expect(records.map((record) => `${record?.procedure.name} ${record?.attempt}`).toSorted()).toEqual([
      'down 1',
      'watch-only 1',
    ]);
  });
});
