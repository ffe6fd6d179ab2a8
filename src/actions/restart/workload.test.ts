import { describe, expect, it } from 'vitest';
import { hung, ill, oneIll, planOf, planTime, pod, sentence, workload } from '../../../test/fakes/workload-state.ts';
import type { Action } from '../../domain/action.ts';
import type { WorkloadState } from '../../kubernetes/state.ts';
import { restartDaemonSet } from './daemonset.ts';
import { restartDeployment } from './deployment.ts';
import { restartStatefulSet } from './statefulset.ts';

const argo = { manager: 'Argo CD', name: 'application shop', advice: 'revert the commit in Git' };
const operator = { manager: 'operator', name: 'Cluster db (postgresql.cnpg.io/v1)', advice: 'change it there' };

describe('restart plans to', () => {
  const no = 'nothing: deployment shop/checkout is not restarted:';
  it.each<[string, Partial<WorkloadState>, string]>([
    [
      'replace the pods of one that is ill',
      { pods: oneIll },
      `restart deployment shop/checkout (pod b: ${hung}): its pods are replaced as its strategy says`,
    ],
    ['do so under Argo CD', { pods: [ill('a')], owners: [argo] }, `restart deployment shop/checkout (pod a: ${hung})`],
    [
      'name the first of many',
      { pods: ['a', 'b', 'c', 'd', 'e'].map((name) => ill(name)) },
      `pod c: ${hung} and 2 more): its pods`,
    ],
    [
      'do so where the first roll-out is stuck: there is no other version',
      { pods: [ill('a')], stalled: 'its rollout is stuck (ProgressDeadlineExceeded)' },
      'restart deployment shop/checkout (pod a',
    ],
    ['nothing when it is well', {}, `${no} nothing is wrong with it`],
    ['nothing when it is to have no pods', { desired: 0, pods: [ill('a')] }, `${no} it is scaled to 0`],
    ['nothing while it is paused', { paused: true, pods: oneIll }, `${no} it is paused`],
    ['nothing under an operator', { pods: oneIll, owners: [operator] }, 'belongs to the operator of Cluster db'],
    [
      'nothing under OnDelete',
      { pods: oneIll, strategy: 'OnDelete' },
      `${no} its update strategy is OnDelete, so its pods are replaced only when they are deleted: b`,
    ],
    [
      'nothing on top of a roll-out, for now',
      { pods: oneIll, updated: 1 },
      `${no} its rollout is under way: 1 of 3 updated; a restart would come on top of it [again in 30000 ms]`,
    ],
    [
      'nothing on top of a stuck roll-out',
      { pods: oneIll, updated: 1, stalled: 'its rollout is stuck (ProgressDeadlineExceeded)' },
      `${no} its rollout is stuck (ProgressDeadlineExceeded), and a restart would roll out the same template once more; rollback is for that`,
    ],
  ])('%s', (_what, fields, words) => {
    expect(sentence(restartDeployment, workload(fields))).toContain(words);
  });

  const noConfig = 'container app can not start (CreateContainerConfigError: configmap "settings" not found)';
  const node = 'is not ready although its containers are: node n may be down';
  const stuck = ill('c', 'is stuck terminating on node n', { terminating: true });
  const wouldNotStart = 'its new pods would not start either (pod b: ';
  const crashing = 'container app is crash-looping (exit code 1)';
  it.each<[string, Partial<WorkloadState>, string]>([
    [
      'a setting is missing',
      { pods: [ill('b', noConfig), pod('a'), pod('c')] },
      `${wouldNotStart}${noConfig}) and would take the place of those that are ready, 2 now; mend that first, or rollback`,
    ],
    ['one of several could not start', { pods: [ill('a'), ill('b', noConfig), pod('c')] }, wouldNotStart],
    ['no image is there', { pods: [ill('b', 'image i of container app can not be pulled')] }, wouldNotStart],
    [
      'no node has room',
      { pods: [ill('b', 'can not be scheduled (0/2 nodes are available)'), pod('a')] },
      wouldNotStart,
    ],
    [
      'no pods can be made',
      { pods: oneIll, stalled: 'its pods can not be created (quota)' },
      'so no new pod would come',
    ],
    ['a node is down', { pods: [ill('b', node), pod('a')] }, `that would not mend pod b (${node}); a human`],
    ['a node does not end a pod', { pods: [stuck, pod('a')] }, 'that would not mend pod c (is stuck terminating'],
    [
      'Recreate would stop those that are well',
      { strategy: 'Recreate', pods: oneIll },
      'its strategy is Recreate, so all its pods would be stopped before a new one starts, and 2 of them are ready; delete-pod',
    ],
    [
      'all may be stopped at once',
      { maxUnavailable: 4, pods: [...oneIll, pod('d')] },
      'its strategy lets 4 of its 4 pods be stopped at once (maxUnavailable), so none of the 3 that are ready would be left; delete-pod',
    ],
    [
      'most may be stopped at once',
      { maxUnavailable: 3, pods: [...oneIll, pod('d')] },
      '(maxUnavailable), so only 1 of the 3 that are ready would be left',
    ],
    [
      'an ill pod says hands off',
      { pods: [ill('b', hung, { mode: 'none' }), pod('a')] },
      'pod b says hands off (its annotation paramedic.dev/mode is none), and a restart would replace that pod too',
    ],
    ['a pod that is well says so', { pods: [...oneIll, pod('d', { mode: 'observe' })] }, 'pod d says hands off'],
  ])('nothing where %s', (_what, fields, words) => {
    for (const [kind, action, extra] of [
      ['deployment', restartDeployment, undefined],
      ['statefulset', restartStatefulSet, { partition: 0, inOrder: false }],
      ['daemonset', restartDaemonSet, undefined],
    ] as const) {
      const answer = sentence(action, workload({ kind, ...fields }), undefined, extra);
      expect(answer).toContain(`nothing: ${kind} shop/checkout is not restarted: `);
      expect(answer).toContain(words);
    }
  });

  it.each<[string, Partial<WorkloadState>]>([
    ['what crashes', { pods: [ill('a', crashing)] }],
    ['what crashes beside others', { pods: [ill('a', crashing), pod('b')] }],
    ['what hangs while another node is down', { pods: [ill('a'), ill('b', node)] }],
    ['all of a Recreate that hangs', { strategy: 'Recreate', pods: [ill('a'), ill('b')] }],
    [
      'a Recreate that is ready only between two deaths',
      { strategy: 'Recreate', pods: [ill('a', crashing, { ready: true })] },
    ],
    ['at most half of what serves', { maxUnavailable: 2, pods: [ill('a'), pod('b'), pod('c'), pod('d')] }],
    ['what has hardly any pod left that serves', { maxUnavailable: 1, pods: [ill('a'), ill('c'), ill('d'), pod('b')] }],
    ['what says hands off and goes anyway', { pods: [ill('a'), pod('b', { mode: 'none', terminating: true })] }],
  ])('restart %s', (_what, fields) => {
    expect(sentence(restartDeployment, workload(fields))).toContain('restart deployment shop/checkout (pod a');
  });

  const inOrder = { partition: 0, inOrder: true };
  const parallel = { partition: 0, inOrder: false };
  const bothIll = [ill('a'), ill('b', crashing, { ready: true })];
  it.each<[string, Partial<WorkloadState>, object, string]>([
    [
      'one pod at a time',
      { pods: bothIll },
      parallel,
      'its pods are replaced one at a time, the highest ordinal first',
    ],
    [
      'nothing while members serve',
      { pods: oneIll },
      parallel,
      `is not restarted: pod b: ${hung}, and a restart would stop its other pods one by one all the same: 2 of them serve or start, and may be what is left of a quorum; delete-pod`,
    ],
    [
      'nothing while a member starts',
      { pods: [ill('b'), pod('a', { ready: false })], starting: 1 },
      parallel,
      ': 1 of them serves or starts, and may be what is left of a quorum',
    ],
    [
      'nothing while a member is at its first start',
      { pods: [ill('a'), ill('b', hung, { neverReady: true })] },
      parallel,
      'is not restarted: b has not been ready yet since its containers started',
    ],
    ['nothing with a partition', { pods: oneIll }, { partition: 2, inOrder: false }, 'its partition is 2: only'],
    ['nothing while it waits for an ill pod', { pods: oneIll }, inOrder, 'waits until pod b is ready'],
  ])('of a StatefulSet, %s', (_what, fields, extra, words) => {
    const state = workload({ kind: 'statefulset', ...fields });
    expect(sentence(restartStatefulSet, state, undefined, extra)).toContain(words);
  });

  it('of a DaemonSet, node by node', () => {
    expect(sentence(restartDaemonSet, workload({ kind: 'daemonset', pods: oneIll }))).toContain('node by node');
  });

  it('the time it was planned at, which is what tells it from any other', () => {
    expect(planOf(restartDeployment, workload({ pods: oneIll, restartedAt: 'before' }), { timeout: '10s' })).toEqual({
      summary: expect.any(String),
      touches: ['kubernetes/prod/shop/deployment/checkout'],
      change: {
        kind: 'deployment',
        cluster: 'prod',
        namespace: 'shop',
        name: 'checkout',
        uid: 'uid-1',
        restartedAt: '2026-11-25T03:00:00.250Z',
        before: 'before',
      },
      ownTimeMs: 5_000,
      watchMs: 120_000,
    });
  });
});

describe('after it was applied', () => {
  const templateWriter = { manager: 'kubectl-create', at: planTime + 600_000 };
  const before = workload({ pods: oneIll, templateWriter });
  const restartedAt = '2026-11-25T03:00:00.250Z';
  const at = Date.parse('2026-11-25T03:00:00Z');
  const verdict = (action: Action, fields: Partial<WorkloadState>, params?: unknown, extra?: unknown) => {
    const { change } = planOf(action, before, params, extra);
    return action.verify({ before, state: workload({ resourceVersion: '9', pods: oneIll, ...fields }), change });
  };

  it.each<[string, Partial<WorkloadState>, object]>([
    [
      'has not been seen',
      { resourceVersion: '7' },
      { ok: false, reason: 'deployment shop/checkout has not been restarted yet' },
    ],
    [
      'rolls out',
      { restartedAt, observed: false },
      { ok: false, reason: expect.stringContaining('is being restarted: its rollout is under way') },
    ],
    [
      'gets stuck',
      { restartedAt, updated: 1, stalled: 'its rollout is stuck (x)' },
      { ok: false, reason: 'deployment shop/checkout is being restarted: its rollout is stuck (x)' },
    ],
    ['is done', { restartedAt }, { ok: true, reason: 'all pods of deployment shop/checkout have been replaced' }],
    [
      'is taken back by somebody who writes the template',
      { templateWriter: { manager: 'argocd-controller', at: at + 601_000 }, owners: [argo] },
      {
        ok: false,
        certain: true,
        reason:
          'the restart of deployment shop/checkout was taken back by argocd-controller, and it belongs to Argo CD (application shop): revert the commit in Git',
      },
    ],
    [
      'is taken back by a mere removal, when a human has been waited for',
      { templateWriter },
      {
        ok: false,
        certain: true,
        reason:
          'the restart of deployment shop/checkout was taken back by a writer that left no name; the last one on record is kubectl-create',
      },
    ],
    [
      'is taken back by nobody known',
      { templateWriter: { manager: 'paramedic', at } },
      {
        ok: false,
        certain: true,
        reason: 'the restart of deployment shop/checkout was taken back by a writer that left no name',
      },
    ],
  ])('a restart %s', (_what, fields, answer) => {
    expect(verdict(restartDeployment, fields)).toEqual(answer);
  });
});
