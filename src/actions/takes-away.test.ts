import { describe, expect, it, onTestFinished } from 'vitest';
import { running } from '../../test/fakes/docker-engine.ts';
import { broken, startRollout } from '../../test/fakes/kube-rollout.ts';
import { type SetKind, startSetRollout } from '../../test/fakes/kube-set-rollout.ts';
import { ill, oneIll, planOf, pod, workload } from '../../test/fakes/workload-state.ts';
import type { Action } from '../domain/action.ts';
import type { ContainerState } from '../domain/clients.ts';
import type { PodDigest, WorkloadState } from '../kubernetes/state.ts';
import { deletePodOfDeployment } from './delete-pod/deployment.ts';
import { actions } from './index.ts';
import { restartContainer } from './restart/container.ts';
import { restartDeployment } from './restart/deployment.ts';
import { rollbackDeployment } from './rollback/deployment.ts';

function actionOf(key: string): Action {
  const found = actions.find((action) => action.key === key);
  if (found === undefined) throw new Error(`there is no ${key}`);
  return found;
}

it('what never takes a replica away counts none, and asks for no change of its own', () => {
  const counting = actions.filter((action) => {
    try {
      expect(action.takesAway({}, {})).toBe(0);
      return false;
    } catch (error) {
      // Only one that counts parses the change.
      expect(error).toHaveProperty('name', 'ZodError');
      return true;
    }
  });
  expect(counting.map(({ key }) => key)).toEqual([
    'delete-pod/deployment',
    'delete-pod/statefulset',
    'delete-pod/daemonset',
    'restart/container',
    'restart/deployment',
    'restart/statefulset',
    'restart/daemonset',
    'rollback/container',
    'rollback/deployment',
    'rollback/statefulset',
    'rollback/daemonset',
    'scale/deployment',
    'scale/statefulset',
  ]);
});

describe('the restart of', () => {
  it.each<[Partial<ContainerState>, number]>([
    [{ health: 'unhealthy' }, 0],
    [{ health: 'starting' }, 0],
    [{ health: 'healthy' }, 1],
    [{}, 1],
  ])('a container that is %j takes %d', (fields, count) => {
    const target = { kind: 'container', key: 'docker/edge-1/container/web', uid: running.id };
    const sick: ContainerState = { ...running, health: 'unhealthy' };
    const plans = restartContainer.plan({ target, state: sick, extra: undefined, params: {}, labels: {}, now: 0 });
    const change = 'ok' in plans ? undefined : plans[0]?.change;
    expect(restartContainer.takesAway(change, { ...running, ...fields })).toBe(count);
  });

  it.each<[WorkloadState['kind'], Partial<WorkloadState>, number]>([
    ['deployment', { maxUnavailable: 1 }, 0],
    ['deployment', { maxUnavailable: 2 }, 1],
    ['daemonset', { maxUnavailable: 1 }, 0],
    ['daemonset', { maxUnavailable: 2 }, 1],
  ])('a %s with one of four that is ill and %j takes %d', (kind, fields, count) => {
    const action = actionOf(`restart/${kind}`);
    const state = workload({ kind, pods: [...oneIll, pod('d')], ...fields });
    expect(action.takesAway(planOf(action, state).change, state)).toBe(count);
  });

  it('a StatefulSet takes one, if any serves by the time it is asked', () => {
    const action = actionOf('restart/statefulset');
    const state = workload({ kind: 'statefulset', pods: [ill('a'), ill('b'), ill('c')] });
    const { change } = planOf(action, state);
    expect(action.takesAway(change, state)).toBe(0);
    expect(action.takesAway(change, workload({ kind: 'statefulset', pods: oneIll }))).toBe(1);
  });

  it('a Deployment with the strategy Recreate takes all that serve by the time it is asked', () => {
    const { change } = planOf(restartDeployment, workload({ strategy: 'Recreate', pods: [ill('a'), ill('b')] }));
    expect(restartDeployment.takesAway(change, workload({ strategy: 'Recreate' }))).toBe(3);
  });
});

describe('the roll-back of', () => {
  async function deploymentOf(wellOfBad: boolean, strategy: object) {
    const rollout = await startRollout();
    onTestFinished(() => rollout.api.close());
    rollout.stuck();
    rollout.wellPod(3, 'b');
    rollout.wellPod(3, 'c');
    if (wellOfBad) {
      rollout.revise(4, broken, 1);
      rollout.wellPod(4, 'd');
    }
    rollout.deploy(broken, { spec: { strategy }, status: { availableReplicas: wellOfBad ? 3 : 2 } });
    const { change } = await rollout.planned();
    return rollbackDeployment.takesAway(change, await rollout.state());
  }
  const rolling = (maxUnavailable: number) => ({ rollingUpdate: { maxUnavailable, maxSurge: 1 } });

  it.each<[string, boolean, object, number]>([
    ['none of the version that it goes back to', false, rolling(2), 0],
    ['one of the version that is left', true, rolling(2), 1],
    ['it as well where new ones come first, for it is one too many', true, rolling(0), 1],
    ['none of the version that it goes back to, also with Recreate', false, { type: 'Recreate' }, 0],
  ])('a Deployment takes %s', async (_what, wellOfBad, strategy, count) => {
    expect(await deploymentOf(wellOfBad, strategy)).toBe(count);
  });

  it.each<[SetKind, readonly string[], number]>([
    ['statefulset', [], 0],
    ['statefulset', ['h4'], 1],
    ['daemonset', [], 0],
    ['daemonset', ['h4'], 1],
  ])('a %s takes what serves of the version that is left (%j): %d', async (kind, left, count) => {
    const rollout = await startSetRollout(kind);
    onTestFinished(() => rollout.api.close());
    rollout.stuck();
    left.forEach((revision, at) => rollout.pod(3 + at, revision));
    const { change } = await rollout.planned();
    expect(rollout.action.takesAway(change, await rollout.state())).toBe(count);
  });

  it('one of many pods counts those that the state does not tell of, and none that crash', async () => {
    const rollout = await startSetRollout('daemonset');
    onTestFinished(() => rollout.api.close());
    rollout.stuck();
    const { change } = await rollout.planned();
    const state = await rollout.state();
    const known = Array.from({ length: 20 }, (_, at) => pod(`p${at}`, { revision: 'h3' }));
    const many = { ...state, ...workload({ kind: 'daemonset', pods: known, ready: 30, desired: 30, available: 30 }) };
    expect(rollout.action.takesAway(change, many)).toBe(10);
    // One that crashes serves nobody, so it is none of those that stay.
    const crashing = ill('p0', 'container app is crash-looping', { ready: true, revision: 'h3' });
    const pods = [crashing, pod('p1', { revision: 'h3' }), pod('p2', { revision: 'h4' })];
    expect(rollout.action.takesAway(change, workload({ kind: 'daemonset', pods }))).toBe(1);
    expect(rollout.action.takesAway(change, { ...many, maxUnavailable: 3 })).toBe(3);
  });
});

it('of the pods that are evicted only those count that serve by now', () => {
  const state = workload({ pods: oneIll });
  const { change } = planOf(deletePodOfDeployment, state, undefined, { updateRevision: '' });
  expect(deletePodOfDeployment.takesAway(change, state)).toBe(0);
  const crashing = ill('b', 'container app is crash-looping', { ready: true });
  expect(deletePodOfDeployment.takesAway(change, workload({ pods: [crashing, pod('a'), pod('c')] }))).toBe(0);
  expect(deletePodOfDeployment.takesAway(change, workload({ pods: [pod('b'), pod('a'), pod('c')] }))).toBe(1);
});

describe('to scale', () => {
  const twoIll: readonly PodDigest[] = [ill('a'), ill('b'), pod('c'), pod('d'), pod('e')];
  const free = { autoscaler: null };

  it.each<[string, WorkloadState['kind'], number, Partial<WorkloadState>, number]>([
    ['up', 'deployment', 6, {}, 0],
    ['up, beside what a roll-out has to spare', 'deployment', 4, { desired: 3, updated: 2 }, 0],
    ['down as far as those that are not ready go', 'deployment', 3, {}, 0],
    ['further down', 'deployment', 1, {}, 2],
    ['to nothing', 'deployment', 0, {}, 3],
    ['down in the middle of a roll-out, whose versions share', 'deployment', 3, { updated: 2 }, 2],
    ['down, where those that serve may be the highest ordinals', 'statefulset', 3, {}, 2],
    ['to nothing', 'statefulset', 0, {}, 3],
    ['up', 'statefulset', 6, {}, 0],
  ])('%s, a %s of 5 pods to %d with %j takes %d', (_what, kind, to, fields, count) => {
    const action = actionOf(`scale/${kind}`);
    const state = workload({ kind, pods: twoIll, ...fields });
    expect(action.takesAway(planOf(action, state, { to }, free).change, state)).toBe(count);
  });
});
