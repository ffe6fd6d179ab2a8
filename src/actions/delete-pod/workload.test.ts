import { describe, expect, it } from 'vitest';
import { hung, ill, oneIll, planOf, pod, sentence, workload } from '../../../test/fakes/workload-state.ts';
import type { Action } from '../../domain/action.ts';
import type { PodDigest, WorkloadState } from '../../kubernetes/state.ts';
import { deletePodOfDeployment } from './deployment.ts';
import { deletePod } from './pod.ts';
import { deletePodOfStatefulSet } from './statefulset.ts';

describe('delete-pod plans to', () => {
  const no = 'nothing: no pod of deployment shop/checkout is deleted:';
  it.each<[string, Partial<WorkloadState>, string]>([
    ['evict one beside others', { pods: oneIll }, `evict pod b of deployment shop/checkout (${hung})`],
    ['evict the only one', { pods: [ill('a')] }, `evict pod a of deployment shop/checkout (${hung})`],
    [
      'evict those that run longest first, not those that go already',
      {
        pods: [
          ill('young', hung, { startedAt: 9 }),
          ill('never', hung, { startedAt: 0 }),
          ill('old', hung, { startedAt: 3 }),
          ill('going', 'is stuck terminating on node n', { terminating: true }),
          pod('a'),
        ],
      },
      `evict 3 pods of deployment shop/checkout: old (${hung}), young (${hung}), never (${hung})`,
    ],
    [
      'evict only what it can mend',
      { pods: [ill('x', 'image i of container app can not be pulled (ErrImagePull)'), ill('y'), pod('a')] },
      `evict pod y of`,
    ],
    ['nothing when none is ill', {}, `${no} none of them is ill`],
    [
      'nothing when all are',
      { pods: [ill('a'), ill('b'), ill('c')] },
      `${no} all 3 pods are ill: that is no hung pod; restart or rollback`,
    ],
    [
      'nothing when all are that are not going',
      { pods: [ill('a'), ill('b'), pod('c', { terminating: true })] },
      'all 2 pods are ill',
    ],
    ['nothing when pods are missing', { pods: [ill('a'), pod('b')], desired: 3 }, `${no} only 2 of 3 pods are there`],
    ['nothing in a roll-out', { pods: oneIll, updated: 1 }, `${no} its rollout is under way: 1 of 3 updated [again`],
    [
      'nothing in a stuck roll-out',
      { pods: oneIll, updated: 1, stalled: 'its rollout is stuck (x)' },
      `${no} its rollout is stuck (x): that is no hung pod; rollback is for that`,
    ],
    [
      'nothing when another version would come',
      { pods: oneIll, strategy: 'OnDelete', updated: 1, held: 3 },
      `${no} its update strategy is OnDelete and its template is newer`,
    ],
    [
      'nothing when its end hangs on its node',
      { pods: [ill('x', 'is stuck terminating on node n', { terminating: true }), pod('a')] },
      `${no} x is stuck terminating on node n: it is deleted already, and only its node can end it`,
    ],
  ])('%s', (_what, fields, words) => {
    expect(sentence(deletePodOfDeployment, workload(fields), undefined, { updateRevision: '' })).toContain(words);
  });

  it.each([
    'image e2e/app:v3 of container app can not be pulled (ErrImagePull)',
    'container app can not start (CreateContainerConfigError: configmap "settings" not found)',
    'can not be scheduled (0/2 nodes are available: 2 Insufficient cpu.)',
    'is held back by its scheduling gates',
    'container app has not been created on node n (image, volumes or network; its events say which)',
    'its node n does not report',
    'is not ready although its containers are: node n may be down',
    'is not ready (corresponding condition of pod readiness gate "target-health" does not exist.)',
  ])('nothing for what it would not mend: %s', (trouble) => {
    const state = workload({ pods: [ill('x', trouble), pod('a')] });
    const words = `nothing: no pod of deployment shop/checkout is deleted: that would not mend x (${trouble})`;
    expect(sentence(deletePodOfDeployment, state, undefined, { updateRevision: '' })).toBe(words);
  });

  const marked = (name: string) => ill(name, hung, { mode: 'none', startedAt: 1 });
  it('nothing when the pod says hands off', () => {
    const state = workload({ pods: [marked('b'), pod('a')] });
    expect(sentence(deletePodOfDeployment, state, undefined, { updateRevision: '' })).toBe(
      `${no} pod b says hands off (its annotation paramedic.dev/mode is none)`,
    );
  });

  it('evict the others, not the one that says hands off', () => {
    const state = workload({ pods: [marked('b'), ill('x'), pod('a')] });
    const { change } = planOf(deletePodOfDeployment, state, undefined, { updateRevision: '' });
    expect(change).toMatchObject({ pods: [{ name: 'x' }] });
  });

  it('evict no more than five', () => {
    const pods = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => ill(name)).concat(pod('w'));
    expect(planOf(deletePodOfDeployment, workload({ pods }), undefined, { updateRevision: '' }).touches).toEqual([
      'kubernetes/prod/shop/deployment/checkout',
      ...['a', 'b', 'c', 'd', 'e'].map((name) => `kubernetes/prod/shop/pod/${name}`),
    ]);
  });

  const unpullable = 'image i of container app can not be pulled (ErrImagePull)';
  it.each<[string, Partial<WorkloadState>, string, string]>([
    ['what a rollback has left behind', { updated: 1 }, 'r2', 'evict pod b of statefulset shop/checkout'],
    ['what is of the newest version, not in a roll-out', { updated: 1 }, 'r1', 'its rollout is under way'],
    ['what a partition holds back, not as left behind', { held: 3 }, 'r2', 'that would not mend b'],
  ])('of a StatefulSet, %s', (_what, fields, updateRevision, words) => {
    const pods = [ill('b', unpullable), pod('a', { revision: 'r2' })];
    const state = workload({ kind: 'statefulset', pods, ...fields });
    expect(sentence(deletePodOfStatefulSet, state, undefined, { updateRevision })).toContain(words);
  });

  const never = { neverReady: true };
  const starting = /^nothing: no pod of .*: b is still starting: .* \[again in 30000 ms\]$/;
  it.each<[string, readonly PodDigest[], string, RegExp]>([
    [
      'one, those that run longest first',
      [ill('b'), ill('c', hung, { startedAt: 3 }), pod('a')],
      'r1',
      /^evict pod c of/,
    ],
    [
      'none while one is starting',
      [ill('b'), pod('c', { ready: false }), pod('a')],
      'r1',
      /: c is starting, .* \[again/,
    ],
    [
      'none while one is stopping',
      [ill('b'), pod('c', { terminating: true }), pod('a')],
      'r2',
      /: c is stopping, .* \[/,
    ],
    ['none that has only begun', [ill('b', hung, never), pod('a')], 'r1', starting],
    ['none that has only begun, of an old version either', [ill('b', hung, never), pod('a')], 'r2', starting],
    [
      'the one that has not only begun',
      [ill('b', hung, never), ill('c', hung, { startedAt: 3 }), pod('a')],
      'r1',
      /pod c /,
    ],
  ])('of a StatefulSet, %s', (_what, pods, updateRevision, words) => {
    const state = workload({ kind: 'statefulset', pods });
    expect(sentence(deletePodOfStatefulSet, state, undefined, { updateRevision })).toMatch(words);
  });

  it('of a StatefulSet, none while one is starting that is not among the pods that are held', () => {
    const state = workload({ kind: 'statefulset', pods: [ill('b'), pod('a')], starting: 1 });
    expect(sentence(deletePodOfStatefulSet, state, undefined, { updateRevision: 'r1' })).toMatch(
      /: 1 of them is starting, and its pods go one at a time \[again/,
    );
  });

  it('of a Deployment, one that was never ready, too', () => {
    const state = workload({ pods: [ill('b', hung, never), pod('a')] });
    expect(sentence(deletePodOfDeployment, state, undefined, { updateRevision: '' })).toMatch(/^evict pod b /);
  });

  it.each<[string, PodDigest, string]>([
    [
      'Cluster db (postgresql.cnpg.io/v1)',
      ill('db-1'),
      `evict pod shop/db-1 of Cluster db (postgresql.cnpg.io/v1) (${hung})`,
    ],
    ['none', ill('db-1'), 'nothing: pod shop/db-1 is not deleted: nothing would make it again'],
    ['static', ill('db-1'), 'nothing: pod shop/db-1 is not deleted: its node makes it from a file'],
    ['Cluster db', pod('db-1'), 'nothing: pod shop/db-1 is not deleted: nothing is wrong with it'],
    ['Cluster db', ill('db-1', hung, { terminating: true }), 'it is being deleted already'],
    ['Cluster db', marked('db-1'), 'is not deleted: pod db-1 says hands off'],
    ['Cluster db', ill('db-1', unpullable), 'that would not mend it (image i'],
  ])('of a pod that is made by %s: %j', (controller, one, words) => {
    const state = { cluster: 'prod', namespace: 'shop', resourceVersion: '1', pod: one, controller };
    expect(sentence(deletePod, state)).toContain(words);
  });
});

describe('after it was applied', () => {
  const before = workload({ pods: oneIll });
  const verdict = (action: Action, fields: Partial<WorkloadState>, params?: unknown, extra?: unknown) => {
    const { change } = planOf(action, before, params, extra);
    return action.verify({ before, state: workload({ resourceVersion: '9', pods: oneIll, ...fields }), change });
  };

  it.each<[string, readonly PodDigest[], object]>([
    ['still there', oneIll, { ok: false, reason: 'pod shop/b is still there' }],
    ['stopping', [pod('b', { terminating: true }), pod('a')], { ok: false, reason: 'pod shop/b is still stopping' }],
    ['gone', [pod('a'), pod('c')], { ok: true, reason: 'pod shop/b is gone' }],
    ['replaced by one of its name', [pod('b', { uid: 'other' })], { ok: true, reason: 'pod shop/b is gone' }],
  ])('a pod is %s', (_what, pods, answer) => {
    expect(verdict(deletePodOfDeployment, { pods }, undefined, { updateRevision: '' })).toEqual(answer);
  });
});
