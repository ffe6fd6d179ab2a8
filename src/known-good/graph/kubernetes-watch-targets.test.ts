import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { at, object, podOf, service, wide, workload } from '../../../test/fakes/graph-objects.ts';
import type { HandClock } from '../../../test/fakes/hand-clock.ts';
import type { Recorded } from '../../../test/fakes/recorded.ts';
import type { WatchedCluster } from '../../../test/fakes/watched-cluster.ts';
import { graph, settings, web, whole, watchedShop, type WatchedShop } from '../../../test/fakes/watched-shop.ts';

let cluster: WatchedCluster;
let clock: HandClock;
let told: Recorded;
let scene: WatchedShop;
beforeEach(() => {
  scene = watchedShop();
  ({ cluster, clock, told } = scene);
});
afterEach(() => scene.close());
const well = () => scene.well();
const settled = () => clock.pass(250);
const lastGraph = () => scene.lastGraph();
describe('a change', () => {
  it('of content is told once, and of nothing but the status not at all', async () => {
    await well();
    cluster.tell('MODIFIED', 'configmap', settings('red'));
    cluster.tell('MODIFIED', 'configmap', settings('red'));
    cluster.tell('MODIFIED', 'deployment', { ...web(), status: { ...Object(web()['status']), conditions: [] } });
    await settled();
    expect(told.taken()).toEqual(['seen shop/configmap/settings uid-settings']);
  });

  it('of what the template names is another graph', async () => {
    await well();
    cluster.tell('MODIFIED', 'deployment', web({ env: [{ name: 'A', value: '1' }] }));
    await settled();
    expect(told.taken()).toEqual([
      'seen shop/deployment/web uid-web',
      graph('shop/service/web', 'shop/serviceaccount/default', 'node/node-1'),
      expect.stringMatching(/^graph shop\/service\/web: (?!.*settings)/),
    ]);
  });

  it('that is taken back before it is looked at is no other graph', async () => {
    await well();
    cluster.tell('DELETED', 'deployment', web());
    cluster.tell('ADDED', 'deployment', workload('web', { ...given, meta: { uid: 'another' } }));
    await settled();
    expect(told.taken()).toEqual(['gone shop/deployment/web', 'seen shop/deployment/web another']);
  });
  const given = { container: { envFrom: [{ configMapRef: { name: 'settings' } }] } };

  it('of a ConfigMap that is deleted is told, and it stays in the graph', async () => {
    await well();
    cluster.tell('DELETED', 'configmap', settings('green'));
    await settled();
    expect(told.taken()).toEqual(['gone shop/configmap/settings']);
  });

  it.each([
    ['a quota', 'resourcequota', object('quota'), 'shop/resourcequota/quota'],
    ['a policy', 'networkpolicy', object('deny', { spec: { podSelector: {} } }), 'shop/networkpolicy/deny'],
    [
      'an autoscaler',
      'horizontalpodautoscaler',
      object('scaler', { spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' } } }),
      'shop/horizontalpodautoscaler/scaler',
    ],
    [
      'an ingress',
      'ingress',
      object('front', { spec: { defaultBackend: { service: { name: 'web' } } } }),
      'shop/ingress/front',
    ],
    [
      'a binding',
      'rolebinding',
      object('reads', {
        roleRef: { kind: 'Role', name: 'read' },
        subjects: [{ kind: 'ServiceAccount', name: 'default' }],
      }),
      'shop/rolebinding/reads',
    ],
    [
      'a webhook',
      'validatingwebhookconfiguration',
      wide('guard', { webhooks: [{ rules: [{ apiGroups: [''], resources: ['pods'], operations: ['CREATE'] }] }] }),
      'validatingwebhookconfiguration/guard',
    ],
    ['a default priority class', 'priorityclass', wide('usual', { globalDefault: true }), 'priorityclass/usual'],
    ['another Service', 'service', object('second', { spec: { selector: { app: 'web' } } }), 'shop/service/second'],
  ])('by which %s appears, or goes, is another graph', async (_, kind, one, key) => {
    await well();
    cluster.tell('ADDED', kind, one);
    await settled();
    expect(lastGraph()).toContain(key);
    cluster.tell('DELETED', kind, one);
    await settled();
    expect(told.taken()).toContain(whole);
  });

  it('by which the Service that it speaks of appears brings that one and what is behind it', async () => {
    await well();
    cluster.tell('MODIFIED', 'deployment', web({ args: ['--to=backend:80', 'cache.front'] }));
    cluster.tell('ADDED', 'deployment', workload('backend'));
    await settled();
    told.taken();
    cluster.tell('ADDED', 'service', service('backend'));
    const cache = service('cache');
    cluster.tell('ADDED', 'service', { ...cache, metadata: { ...cache.metadata, namespace: 'front' } });
    await settled();
    const called = ['front/service/cache', 'shop/service/backend'];
    expect(lastGraph()).toEqual(expect.arrayContaining([...called, 'shop/deployment/backend']));
    cluster.tell('DELETED', 'deployment', workload('backend'));
    cluster.tell('DELETED', 'service', service('backend'));
    await settled();
    expect(lastGraph()).toEqual(expect.arrayContaining(called));
    expect(lastGraph()).not.toContain('shop/deployment/backend');
  });

  it('by which the target is gone ends its graph', async () => {
    await well();
    cluster.tell('DELETED', 'deployment', web());
    await settled();
    expect(told.taken()).toEqual([
      'gone shop/deployment/web',
      'health shop/deployment/web: not well',
      'graph shop/deployment/web: none',
      'graph shop/service/web: shop/service/web, namespace/shop',
      'health shop/service/web: not well',
    ]);
  });
});

describe('health', () => {
  const pod = (suffix: string, state: Parameters<typeof podOf>[2]) => ({ ...podOf('web', suffix, state) });

  it('ends with a pod, and begins again with it, no earlier than it was seen ill', async () => {
    await well();
    cluster.tell('MODIFIED', 'pod', pod('a', { ready: false, readyS: 50 }));
    await settled();
    expect(told.taken()).toEqual(['health shop/deployment/web: not well', 'health shop/service/web: not well']);
    const seenIllAt = clock.now();
    await clock.pass(5_000);
    cluster.tell('MODIFIED', 'pod', pod('a', { readyS: 51 }));
    await settled();
    expect(told.taken()).toEqual([`health shop/deployment/web: ${seenIllAt}`, `health shop/service/web: ${seenIllAt}`]);
  });

  it('begins anew with a container that ended, though nobody saw it ill', async () => {
    await well();
    cluster.tell('MODIFIED', 'pod', pod('a', { endedS: 62, startedS: 63 }));
    await settled();
    expect(told.taken()).toEqual([`health shop/deployment/web: ${at(63)}`, `health shop/service/web: ${at(63)}`]);
  });

  it('ends with a roll-out, and with the last pod', async () => {
    await well();
    cluster.tell('MODIFIED', 'deployment', workload('web', { container: given, status: { updatedReplicas: 1 } }));
    await settled();
    expect(told.taken()).toEqual(['health shop/deployment/web: not well', 'health shop/service/web: not well']);
    cluster.tell('MODIFIED', 'deployment', web());
    cluster.tell('DELETED', 'pod', pod('a', {}));
    await settled();
    expect(told.taken()).toEqual([]);
  });
  const given = { envFrom: [{ configMapRef: { name: 'settings' } }] };

  it('keeps the nodes of a workload whose pod finds no place any more', async () => {
    await well();
    cluster.tell('MODIFIED', 'pod', pod('b', { node: 'node-2' }));
    await settled();
    told.taken();
    cluster.tell('DELETED', 'pod', pod('b', { node: 'node-2' }));
    await settled();
    cluster.tell('ADDED', 'pod', pod('c', { node: '', ready: false }));
    await settled();
    expect(lastGraph()).toEqual(expect.arrayContaining(['node/node-1', 'node/node-2']));
  });
});
