import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { broken, good, place, type Rollout, startRollout, template } from '../../../test/fakes/kube-rollout.ts';
import { observeWorkload } from '../../kubernetes/observe-workload.ts';
import { templateHash } from '../../kubernetes/template-diff.ts';
import { rollbackDeployment } from './deployment.ts';

const env = [{ name: 'TOKEN', value: 'hunter2' }];
let rollout: Rollout;
beforeEach(async () => {
  rollout = await startRollout();
});
afterEach(() => rollout.api.close());

describe('rollback of a Deployment is planned', () => {
  it('to the earlier revision that is seen available, as what differs', async () => {
    rollout.stuck();
    const plan = await rollout.planned();
    expect(plan).toMatchObject({
      summary: 'roll deployment shop/checkout back to revision 3 (image app:v1), from revision 4 (image app:broken)',
      touches: [rollout.target().key],
      ownTimeMs: 5_000,
      watchMs: 120_000,
      undo: 'put the template of deployment shop/checkout back to revision 4 (image app:broken), if nobody has changed it by then',
      change: {
        uid: rollout.target().uid,
        to: { revision: 3, replicaSet: { name: 'checkout-h3' }, hash: templateHash(good) },
        from: { revision: 4, replicaSet: { name: 'checkout-h4' }, hash: templateHash(broken) },
      },
    });
    expect(rollout.api.writes()).toEqual([]);
  });

  it('to several, the newest first, passing over those that are not available', async () => {
    rollout.stuck();
    rollout.revise(2, template('app:v0'), 0);
    rollout.revise(1, template('app:old'), 1);
    expect(await rollout.plans()).toMatchObject([
      { change: { to: { revision: 3 } } },
      { change: { to: { revision: 1 } } },
    ]);
  });

  it('naming what differs beside the image, and keeping no value of it', async () => {
    rollout.deploy(template('app:v2', { command: ['exit'], env }));
    rollout.revise(3, template('app:v2'), 2);
    rollout.revise(4, template('app:v2', { command: ['exit'], env }), 0);
    rollout.sickPod(4);
    const plan = await rollout.planned();
    expect(plan.summary).toBe(
      'roll deployment shop/checkout back to revision 3, from revision 4, which differs in command of app, env TOKEN of app',
    );
    expect(JSON.stringify(plan)).not.toContain('hunter2');
  });

  it('never back to what was gone back from', async () => {
    rollout.deploy(good);
    rollout.revise(5, good, 0, '3');
    rollout.revise(4, broken, 1);
    rollout.sickPod(5);
    expect(await rollout.plans()).toMatch(/is not rolled back: there is no earlier revision: /);
  });
});

/** A roll-out of revision 4 over revision 3, with so many pods available of each, and one of revision 4 that is ill. */
const partly = (old: number, of4: number, sick: () => void): void => {
  rollout.deploy(broken, { spec: { replicas: 40 } });
  rollout.revise(3, good, old);
  rollout.revise(4, broken, of4);
  sick();
};
const unscheduled = (): void => {
  const lastTransitionTime = '2026-01-01T00:00:00Z';
  const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', lastTransitionTime }];
  rollout.badPod(4, { phase: 'Pending', conditions }, {});
};
const crashed = {
  name: 'app',
  ready: false,
  restartCount: 3,
  state: { waiting: { reason: 'CrashLoopBackOff' } },
};
const crashing = (ready: boolean) => (): void => {
  const ended = { exitCode: 1, startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:09Z' };
  const state = ready ? { running: { startedAt: new Date().toISOString() } } : crashed.state;
  const one = { ...crashed, ready, state, lastState: { terminated: ended } };
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' }];
  rollout.badPod(4, { phase: 'Running', conditions, containerStatuses: [one] });
};
const started = { waiting: { reason: 'ContainerCreating' } };
/** Its image is large: kubelet gives no reason while it is pulled. */
const pulled = (): void => {
  const conditions = [{ type: 'PodScheduled', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }];
  const one = { name: 'app', ready: false, restartCount: 0, state: started };
  rollout.badPod(4, { phase: 'Pending', conditions, containerStatuses: [one] });
};
/** Behind a native sidecar, with the time of every init container. */
const migrating = (): void => {
  const state = { running: { startedAt: new Date(Date.now() - 300_000).toISOString() } };
  const init = (name: string, ready: boolean) => ({ name, ready, restartCount: 0, state });
  const status = {
    phase: 'Pending',
    initContainerStatuses: [init('proxy', true), init('migrate', false)],
    containerStatuses: [
      { name: 'app', ready: false, restartCount: 0, state: { waiting: { reason: 'PodInitializing' } } },
    ],
  };
  const initContainers = [{ name: 'proxy', restartPolicy: 'Always' }, { name: 'migrate' }];
  rollout.badPod(4, status, { nodeName: 'n', initContainers });
};
const gated = (): void => {
  const one = { name: 'app', ready: true, restartCount: 0, state: { running: { startedAt: '2026-01-01T00:00:00Z' } } };
  const conditions = [
    { type: 'ContainersReady', status: 'True' },
    { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady', message: 'target-health is not True' },
  ];
  rollout.badPod(4, { phase: 'Running', conditions, containerStatuses: [one] });
};
/** Kubernetes' own deadline for the roll-out is over. */
const pastDeadline = (sick: () => void) => (): void => {
  const conditions = [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }];
  rollout.deploy(broken, { spec: { replicas: 40 }, status: { conditions } });
  sick();
};
const silent = (): void => rollout.badPod(4, { phase: 'Unknown' });

describe('of a roll-out that has come half way', () => {
  const noBetter = (count: string) =>
    new RegExp(`: ${count} of its current revision 4 works?, and of revision 3 no more`);
  const noMatter = /: another template would not mend what ails its current revision 4 \(pod checkout-h4-a: .+\)$/;
  it.each<[string, number, number, () => void, RegExp]>([
    ['goes back when few pods work yet, and one crashes', 30, 9, crashing(false), /^roll deployment/],
    ['stays when most work, and one crashes', 1, 39, crashing(false), noBetter('39 pods')],
    ['stays when as many work', 1, 1, crashing(false), noBetter('1 pod')],
    ['goes back when the one that is ready crashes', 1, 1, crashing(true), /^roll deployment/],
    ['stays when some work, and one has no place', 30, 9, unscheduled, noMatter],
    ['stays when some work, and one has no place past the deadline', 30, 9, pastDeadline(unscheduled), noMatter],
    ['stays while none has a place yet', 30, 0, unscheduled, noMatter],
    ['stays while an image is pulled', 30, 0, pulled, noMatter],
    [
      'stays while it is migrated',
      30,
      0,
      migrating,
      /no pod of its current revision 4 is ill, and its roll-out is under way/,
    ],
    ['stays while a load balancer does not take it yet', 30, 0, gated, noMatter],
    ['goes back when none has a place past the deadline', 30, 0, pastDeadline(unscheduled), /^roll deployment/],
    ['goes back when none is taken past the deadline', 30, 0, pastDeadline(gated), /^roll deployment/],
    ['stays when a node is silent', 30, 0, silent, noMatter],
  ])('it %s', async (_what, old, of4, sick, words) => {
    partly(old, of4, sick);
    const plans = await rollout.plans();
    expect(typeof plans === 'string' ? plans : plans[0]?.summary).toMatch(words);
  });

  it('it goes back only to what works better', async () => {
    partly(30, 2, crashing(false));
    rollout.revise(2, template('app:v0'), 2);
    expect(await rollout.plans()).toMatchObject([{ change: { to: { revision: 3 } } }]);
  });
});

describe('rollback of a Deployment is refused', () => {
  it('when its template was changed between two looks at it', async () => {
    rollout.stuck();
    const before = await rollout.state();
    rollout.deploy(template('app:v3'));
    const extra = await rollbackDeployment.observe(rollout.target(), rollout.clients);
    const input = { target: rollout.target(), state: before, extra, params: undefined, labels: {}, now: 1 };
    expect(rollbackDeployment.plan(input)).toEqual({
      ok: false,
      reason: 'deployment shop/checkout is not rolled back: its template was changed just now',
      retryAfterMs: 30_000,
    });
  });

  const argo = { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:shop/checkout' } };
  it.each<[string, () => void, RegExp]>([
    ['without history', () => (rollout.revise(4, broken, 0), rollout.sickPod(4)), /: there is no earlier revision: /],
    [
      'when only a restart came before',
      () => {
        rollout.stuck();
        rollout.api.remove('replicasets.apps', { namespace: 'shop', name: 'checkout-h3' });
        const annotations = { 'kubectl.kubernetes.io/restartedAt': '2026-01-01T00:00:00Z' };
        rollout.revise(2, { ...broken, metadata: { ...broken.metadata, annotations } }, 1);
      },
      /: there is no earlier revision: /,
    ],
    [
      'when no earlier one is seen to work',
      () => (
        rollout.revise(2, good, 0),
        rollout.revise(3, template('app:v2'), 0),
        rollout.revise(4, broken, 0),
        rollout.sickPod(4)
      ),
      /: no earlier revision is seen to work: revisions 3, 2 are there, but no pod of them is available; go back by hand: kubectl rollout undo deployment\/checkout -n shop /,
    ],
    [
      'when its roll-out is paused',
      () => (rollout.stuck(), void rollout.deploy(broken, { spec: { paused: true } })),
      /: its roll-out is paused/,
    ],
    [
      'when nothing is wrong',
      () => (
        rollout.revise(3, good, 0),
        rollout.revise(4, broken, 2),
        void rollout.deploy(broken, { spec: { replicas: 0 } })
      ),
      /: nothing is wrong with it$/,
    ],
    [
      'while a roll-out gets on',
      () => (
        rollout.revise(3, good, 2),
        rollout.revise(4, broken, 0),
        rollout.wellPod(3, 'a'),
        rollout.wellPod(3, 'b')
      ),
      /under way.*, and that may still come to a good end$/,
    ],
    [
      'while pods of the new revision have yet to come',
      () => (rollout.revise(3, good, 1), rollout.revise(4, broken, 0), rollout.wellPod(3, 'a')),
      /: no pod of its current revision 4 is ill, and its roll-out is under way$/,
    ],
    [
      'when only pods of the old revision are ill',
      () => (rollout.revise(3, good, 1), rollout.revise(4, broken, 1), rollout.sickPod(3)),
      /: no pod of its current revision 4 is ill/,
    ],
    [
      'when the current one is fine',
      () => (rollout.revise(3, good, 1), rollout.revise(4, broken, 2), rollout.sickPod(3)),
      /: its current revision 4 is fine \(2 of 2 pods available\)$/,
    ],
    [
      'under Argo CD',
      () => (rollout.stuck(), void rollout.deploy(broken, { metadata: argo })),
      /belongs to Argo CD \(application shop\).*revert the commit/,
    ],
    [
      'when a pod that would go says hands off',
      () => (
        rollout.stuck(),
        rollout.badPod(
          4,
          { phase: 'Running', containerStatuses: [crashed] },
          { nodeName: 'n' },
          { 'paramedic.dev/mode': 'none' },
        )
      ),
      /: pod checkout-h4-a says hands off \(its annotation paramedic\.dev\/mode is none\), and a roll-back/,
    ],
    [
      'while its newest template has no ReplicaSet',
      () => (rollout.revise(3, good, 2), rollout.sickPod(3)),
      /: no ReplicaSet of its newest template has been made yet$/,
    ],
    ['when it is gone', () => rollout.api.remove('deployments.apps', place), /gone/],
  ])('%s', async (_why, arrange, reason) => {
    const before = await rollout.state();
    arrange();
    const now = (await observeWorkload('deployment')(rollout.target(), rollout.clients)) ?? before;
    const extra = await rollbackDeployment.observe(rollout.target(), rollout.clients);
    const answer = rollbackDeployment.plan({
      target: rollout.target(),
      state: now,
      extra,
      params: undefined,
      labels: {},
      now: 1,
    });
    expect(answer).toMatchObject({ ok: false, reason: expect.stringMatching(reason) });
    expect(answer).toMatchObject({ reason: expect.stringMatching(/^deployment shop\/checkout /) });
  });
});
