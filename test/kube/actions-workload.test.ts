import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deletePodOfDeployment } from '../../src/actions/delete-pod/deployment.ts';
import { deletePodOfStatefulSet } from '../../src/actions/delete-pod/statefulset.ts';
import { restartDaemonSet } from '../../src/actions/restart/daemonset.ts';
import { restartDeployment } from '../../src/actions/restart/deployment.ts';
import { restartStatefulSet } from '../../src/actions/restart/statefulset.ts';
import { scaleDeployment } from '../../src/actions/scale/deployment.ts';
import { scaleStatefulSet } from '../../src/actions/scale/statefulset.ts';
import type { Clients } from '../../src/domain/clients.ts';
import type { TestCluster } from '../harness/cluster.ts';
import { clusterClients } from '../harness/cluster-clients.ts';
import { autoscaler, daemonSet, deployment, disruptionBudget, statefulSet } from '../harness/kube-objects.ts';
import { signal, uidsOf, type WorkloadScene, workloadScene } from './workload-scene.ts';

const name = 'web';
let cluster: TestCluster;
let clients: Clients;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ cluster, clients, close } = await clusterClients('workload-actions'));
});
afterAll(() => close());

const sceneOf = (kind: 'deployment' | 'statefulset' | 'daemonset'): Promise<WorkloadScene> =>
  workloadScene({ cluster, clients }, kind);

describe.concurrent('restart', () => {
  it('replaces all pods of a Deployment by one roll-out', async () => {
    const of = await sceneOf('deployment');
    const { namespace } = of;
    await cluster.apply(deployment(of.app({ replicas: 2 })));
    const before = await of.hang(2);
    const after = await of.carryOut(restartDeployment, before);
    expect(uidsOf(after)).toHaveLength(2);
    expect(uidsOf(after).filter((uid) => uidsOf(before).includes(uid))).toEqual([]);
    expect(await cluster.list('replicasets.apps', namespace)).toHaveLength(2);
    expect(await of.generation()).toBe(2);
  });

  it('replaces all pods of a DaemonSet', async () => {
    const of = await sceneOf('daemonset');
    await cluster.apply(daemonSet(of.app()));
    const before = await of.hang(1);
    const after = await of.carryOut(restartDaemonSet, before);
    expect(uidsOf(after).filter((uid) => uidsOf(before).includes(uid))).toEqual([]);
    expect(await of.generation()).toBe(2);
  });

  it('leaves the members of a StatefulSet that serve alone, although its controller would not wait for the ill one', async () => {
    const of = await sceneOf('statefulset');
    await cluster.apply(statefulSet(of.app({ replicas: 3, spec: { podManagementPolicy: 'Parallel' } })));
    const before = await of.hang(1);
    expect(await of.answer(restartStatefulSet, before)).toMatch(
      /is not restarted: pod web-\d: .*, and a restart would stop its other pods .*: 2 of them serve or start.* quorum; delete-pod/,
    );
    expect(await of.answer(deletePodOfStatefulSet, before)).toMatchObject({ change: { wellBeside: 2 } });
  });

  it('replaces all pods of a StatefulSet that does not wait for the ill ones, where none of it serves', async () => {
    const of = await sceneOf('statefulset');
    await cluster.apply(statefulSet(of.app({ replicas: 2, spec: { podManagementPolicy: 'Parallel' } })));
    const before = await of.hang(2);
    const after = await of.carryOut(restartStatefulSet, before);
    expect(uidsOf(after).filter((uid) => uidsOf(before).includes(uid))).toEqual([]);
    expect(await of.generation()).toBe(2);
  });

  it('leaves those alone that still serve when a new pod could not start', async () => {
    const of = await sceneOf('deployment');
    const { namespace } = of;
    const settings = { namespace, name: 'settings' };
    await cluster.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: settings, data: { COLOUR: 'red' } });
    const container = { envFrom: [{ configMapRef: { name: 'settings' } }] };
    await cluster.apply(deployment({ ...of.app({ replicas: 2 }), container }));
    const [gone] = (await of.well()).pods;
    await cluster.remove('configmaps', settings);
    await cluster.remove('pods', { namespace, name: gone?.name ?? '' });
    const state = await of.until('the missing setting to show', ({ ill, present }) => ill === 1 && present === 2);
    expect(await of.answer(restartDeployment, state)).toMatch(
      /is not restarted: its new pods would not start either \(pod web-\S+: container app can not start \(CreateContainerConfigError: configmap "settings" not found\)\).* 1 now/,
    );
  });

  it('does not stop a sibling that is well where the strategy is Recreate', async () => {
    const of = await sceneOf('deployment');
    await cluster.apply(deployment(of.app({ replicas: 2, spec: { strategy: { type: 'Recreate' } } })));
    expect(await of.answer(restartDeployment, await of.hang(1))).toMatch(
      /its strategy is Recreate.* 1 of them is ready/,
    );
  });

  it('does not stop the siblings that are well where the strategy lets all of them be stopped at once', async () => {
    const rollingUpdate = { maxUnavailable: '100%', maxSurge: 0 };
    const [of, onNodes] = await Promise.all([sceneOf('deployment'), sceneOf('daemonset')]);
    await cluster.apply(
      deployment(of.app({ replicas: 2, spec: { strategy: { type: 'RollingUpdate', rollingUpdate } } })),
    );
    await cluster.apply(daemonSet(onNodes.app({ spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate } } })));
    expect(await of.answer(restartDeployment, await of.hang(1))).toMatch(
      /lets 2 of its 2 pods be stopped at once \(maxUnavailable\), so none of the 1 that is ready would be left/,
    );
    expect((await onNodes.well()).maxUnavailable).toBe((await onNodes.state()).desired);
  });

  it('names whoever takes it back', async () => {
    const of = await sceneOf('deployment');
    const { namespace } = of;
    await cluster.apply(deployment(of.app()), 'gitops-bot');
    const before = await of.hang(1);
    const { change } = await of.plan(restartDeployment, before);
    await restartDeployment.apply(change, clients, signal);
    const annotations = { 'kubectl.kubernetes.io/restartedAt': null };
    await cluster.patch('deployments.apps', { namespace, name }, { spec: { template: { metadata: { annotations } } } });
    const state = await of.until('the annotation to be gone', ({ restartedAt }) => restartedAt === '');
    expect(restartDeployment.verify({ before, state, change })).toEqual({
      ok: false,
      certain: true,
      reason: `the restart of deployment ${namespace}/web was taken back by a writer that left no name; the last one on record is gitops-bot`,
    });
    expect(await restartDeployment.settled(change, clients)).toBe('not-done');
  });
});

describe.concurrent('delete-pod', () => {
  it('evicts the pod that hangs, and no other', async () => {
    const of = await sceneOf('deployment');
    await cluster.apply(deployment(of.app({ replicas: 2 })));
    const before = await of.hang(1);
    const [hung, other] = before.pods;
    const after = await of.carryOut(deletePodOfDeployment, before);
    expect(uidsOf(after)).toContain(other?.uid);
    expect(uidsOf(after)).not.toContain(hung?.uid);
    expect(await of.generation()).toBe(1);
  });

  it('names the disruption budget that does not allow it', async () => {
    const of = await sceneOf('deployment');
    const { namespace } = of;
    await cluster.apply(deployment(of.app({ replicas: 2 })));
    await cluster.apply({ ...disruptionBudget({ namespace, name, minAvailable: 2 }) });
    const before = await of.hang(1);
    await cluster.waitFor('the budget to be counted', async () => {
      const budget = await cluster.get('poddisruptionbudgets.policy', { namespace, name });
      return budget?.status?.currentHealthy === 1;
    });
    const { change } = await of.plan(deletePodOfDeployment, before);
    await expect(deletePodOfDeployment.apply(change, clients, signal)).rejects.toMatchObject({
      reason: 'conflict',
      retryable: false,
      message: expect.stringMatching(/^pod .* is not evicted: .*disruption budget web /),
    });
    expect(uidsOf(await of.state()).toSorted()).toEqual(uidsOf(before).toSorted());
  });

  it('mends a StatefulSet in order, for which a restart would do nothing', async () => {
    const of = await sceneOf('statefulset');
    await cluster.apply(statefulSet(of.app({ replicas: 2 })));
    const before = await of.hang(1);
    expect(await of.answer(restartStatefulSet, before)).toMatch(
      /waits until pod web-\d is ready .* delete-pod replaces/,
    );
    const after = await of.carryOut(deletePodOfStatefulSet, before);
    expect(uidsOf(after)).not.toContain(before.pods[0]?.uid);
  });

  it('gets a StatefulSet past the pod that a bad version has left behind', async () => {
    const of = await sceneOf('statefulset');
    const { namespace } = of;
    const bad = { containers: [{ name: 'app', image: 'e2e.local/app:missing' }] };
    const good = of.app({ replicas: 2 });
    await cluster.apply(statefulSet(good));
    await of.well();
    await cluster.patch(
      'statefulsets.apps',
      { namespace, name },
      { spec: { template: { spec: bad } } },
      { type: 'strategic' },
    );
    await of.until('the bad version to show', ({ ill }) => ill === 1);
    await cluster.apply(statefulSet(good));
    const before = await of.until('the controller to look', ({ observed, ill }) => observed && ill === 1);
    await of.carryOut(deletePodOfStatefulSet, before);
  });
});

describe.concurrent('scale', () => {
  it('scales once, and back', async () => {
    const of = await sceneOf('deployment');
    await cluster.apply(deployment(of.app()));
    const after = await of.carryOut(scaleDeployment, await of.well(), { by: 1.5, max: 4 });
    expect(after.desired).toBe(2);
    expect(await of.generation()).toBe(2);
    const { change } = await of.plan(scaleDeployment, after, { to: 3 });
    await scaleDeployment.apply(change, clients, signal);
    await scaleDeployment.undo(change, clients, signal);
    await scaleDeployment.undo(change, clients, signal);
    expect((await of.state()).desired).toBe(2);
    expect(await of.generation()).toBe(4);
  });

  it('scales to none and from none', async () => {
    const of = await sceneOf('statefulset');
    await cluster.apply(statefulSet(of.app()));
    const none = await of.carryOut(scaleStatefulSet, await of.well(), { to: 0 });
    const { change } = await of.plan(scaleStatefulSet, none, { to: 1 });
    await scaleStatefulSet.apply(change, clients, signal);
    expect((await of.state()).desired).toBe(1);
    await scaleStatefulSet.undo(change, clients, signal);
    expect((await of.state()).desired).toBe(0);
  });

  it('is refused where an autoscaler sets the number', async () => {
    const of = await sceneOf('deployment');
    const { namespace } = of;
    await cluster.apply(deployment(of.app()));
    await cluster.apply(autoscaler({ namespace, name, min: 1, max: 4 }));
    expect(await of.answer(scaleDeployment, await of.state(), { to: 3 })).toBe(
      `deployment ${namespace}/web is not scaled: its replicas are set by HorizontalPodAutoscaler web (1 to 4 replicas); change the bounds there`,
    );
  });

  it('names whoever takes it back', async () => {
    const of = await sceneOf('deployment');
    const { namespace } = of;
    const manifest = deployment(of.app());
    await cluster.apply(manifest, 'gitops-bot');
    const before = await of.well();
    const { change } = await of.plan(scaleDeployment, before, { to: 2 });
    await scaleDeployment.apply(change, clients, signal);
    await cluster.apply(manifest, 'gitops-bot');
    const state = await of.until('the number to be back', ({ desired }) => desired === 1);
    expect(scaleDeployment.verify({ before, state, change })).toEqual({
      ok: false,
      certain: true,
      reason: `scaling deployment ${namespace}/web to 2 replicas was taken back to 1 by gitops-bot`,
    });
  });

  it('does not take back the number that somebody else has given it, though it is the planned one', async () => {
    const of = await sceneOf('deployment');
    const { namespace } = of;
    await cluster.apply(deployment(of.app()));
    const { change } = await of.plan(scaleDeployment, await of.well(), { to: 2 });
    await cluster.patch('deployments.apps', { namespace, name }, { spec: { replicas: 2 } }, { subresource: 'scale' });
    await scaleDeployment.apply(change, clients, signal);
    await scaleDeployment.undo(change, clients, signal);
    expect((await of.state()).desired).toBe(2);
  });

  it('leaves one alone that has another number by now', async () => {
    const of = await sceneOf('deployment');
    const { namespace } = of;
    await cluster.apply(deployment(of.app()));
    const before = await of.well();
    const { change } = await of.plan(scaleDeployment, before, { to: 3 });
    await cluster.patch('deployments.apps', { namespace, name }, { spec: { replicas: 2 } }, { subresource: 'scale' });
    await expect(scaleDeployment.apply(change, clients, signal)).rejects.toMatchObject({ reason: 'conflict' });
    expect((await of.state()).desired).toBe(2);
  });
});
