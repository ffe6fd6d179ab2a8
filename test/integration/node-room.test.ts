import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cordonNode } from '../../src/actions/cordon/node.ts';
import { drainNode } from '../../src/actions/drain/node.ts';
import type { Action } from '../../src/domain/action.ts';
import type { Outcome } from '../../src/domain/recovery.ts';
import { recover, triage } from '../../src/flow.ts';
import { risk } from '../../src/guardrails/risk/risk.ts';
import type { Road } from '../../src/road/road.ts';
import { node } from '../../src/targets/node/node.ts';
import { createFakeClock } from '../fakes/clock.ts';
import { type NodeScene, startNodeScene } from '../fakes/kube-node-scene.ts';
import { roadsOnRedis } from '../fakes/road-on-redis.ts';

const testRoad = roadsOnRedis();
const pressure = [
  { type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' },
  { type: 'DiskPressure', status: 'True', reason: 'KubeletHasDiskPressure' },
];
let scene: NodeScene;
beforeEach(async () => {
  scene = await startNodeScene();
  for (const name of ['node-1', 'node-2']) scene.put(name, { conditions: pressure });
  scene.pod('db-0');
  scene.pod('web-0', { spec: { nodeName: 'node-1' }, owner: 'ReplicationController' });
});
afterEach(() => scene.api.close());

/** A road on which nodes under pressure are answered by this action. */
function nodeRoad(action: Action) {
  const { road, alert, delivery, rings } = testRoad();
  const clock = createFakeClock(Date.now());
  const playbook = {
    name: 'nodes',
    match: [{ text: 'alertname="NodeX"', label: 'alertname', matches: () => true }],
    mode: 'act' as const,
    guardrails: { risk: 'high' },
    steps: [{ verb: action.verb, params: undefined, verify: { withinMs: 60_000, stableMs: 10_000 } }],
  };
  const kubernetes = [{ name: 'prod', isDefault: true, protectedNamespaces: [] }];
  const used: Road = {
    ...road,
    clock,
    config: () => ({ ...road.config(), mode: 'act', playbooks: [playbook], kubernetes }),
    clients: () => scene.clients,
    targets: [node],
    actions: [action],
    guardrails: [risk],
  };
  const alertOn = (name: string) =>
    alert({
      alertname: 'NodeX',
      fingerprint: name,
      labels: { alertname: 'NodeX', node: name },
      startsAt: clock.now() - 1_000,
    });
  const ids = () => [...new Set(rings.map(({ recovery }) => recovery))];
  return {
    clock,
    async tell(...names: readonly string[]): Promise<readonly string[]> {
      const before = new Set(ids());
      await triage({ ...delivery(...names.map(alertOn)), receivedAt: clock.now() }, used);
      return ids().filter((id) => !before.has(id));
    },
    async run(recovery: string, attempt = 1): Promise<Outcome> {
      const ring = { recovery, attempt, made: 0, lastTry: false };
      const answer = await recover(ring, used, new AbortController().signal);
      if (!('outcome' in answer)) throw new Error(JSON.stringify(answer));
      return answer.outcome;
    },
  };
}
it('a drain keeps its cordon though a pod stops for longer than anybody watches', async () => {
  const slow = scene.api.get('pods', { namespace: 'shop', name: 'db-0' });
  scene.put('node-1');
  scene.api.onWrite(({ path }) => {
    if (!path.endsWith('/db-0/eviction')) return;
    const deletionTimestamp = new Date().toISOString();
    scene.api.put('pods', { ...slow, metadata: { ...slow?.metadata, deletionTimestamp } });
  });
  const road = nodeRoad(drainNode);
  const [id = ''] = await road.tell('node-2');
  expect(await road.run(id)).toMatchObject({ result: 'not-recovered' });
  expect(cordoned()).toEqual(['node-2']);
});

const cordoned = () =>
  ['node-1', 'node-2'].filter((name) => scene.api.get('nodes', { namespace: '', name })?.spec?.unschedulable === true);

describe.each([
  ['cordon', cordonNode],
  ['drain', drainNode],
])('two nodes that fall ill at once: %s', (verb, action) => {
  it('closes one, holds the other meanwhile, and plans that anew with the room that is left', async () => {
    const road = nodeRoad(action);
    const recoveries = await road.tell('node-1', 'node-2');
    const outcomes = await Promise.all(recoveries.map(async (id) => ({ id, outcome: await road.run(id) })));
    expect(cordoned()).toHaveLength(1);
    const held = outcomes.filter(({ outcome }) => outcome.result === 'blocked');
    expect(held).toMatchObject([
      { outcome: { reason: expect.stringMatching(/: r_\w+ is under way for kubernetes\/prod\/nodes$/) } },
    ]);
    const again = await road.run(held[0]?.id ?? '', 2);
    expect(again.reason).toMatch(
      new RegExp(`^there was nothing to do: ${verb}/node: node node-\\d is not ${verb}ed: no other node is ready`),
    );
    expect(cordoned()).toHaveLength(1);
  });

  it('leaves the other one alone when it says hands off while it is held', async () => {
    for (const name of ['node-3', 'node-4']) scene.put(name);
    const road = nodeRoad(action);
    const recoveries = await road.tell('node-1', 'node-2');
    const outcomes = await Promise.all(recoveries.map(async (id) => ({ id, outcome: await road.run(id) })));
    const held = outcomes.find(({ outcome }) => outcome.result === 'blocked');
    const [closed] = cordoned();
    const other = closed === 'node-1' ? 'node-2' : 'node-1';
    scene.put(other, { conditions: pressure, metadata: { annotations: { 'paramedic.dev/mode': 'none' } } });
    expect(await road.run(held?.id ?? '', 2)).toMatchObject({ result: 'planned' });
    expect(cordoned()).toEqual([closed]);
  });

  it('lets the second one be closed after the first, while there is room', async () => {
    for (const name of ['node-3', 'node-4']) scene.put(name);
    const road = nodeRoad(action);
    for (const name of ['node-1', 'node-2']) {
      for (const id of await road.tell(name)) await road.run(id);
    }
    expect(cordoned()).toEqual(['node-1', 'node-2']);
  });
});
