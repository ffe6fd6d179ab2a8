import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { broken, good, template } from '../../../test/fakes/kube-rollout.ts';
import {
  crashing,
  type SetKind,
  type SetRollout,
  sick,
  startSetRollout,
} from '../../../test/fakes/kube-set-rollout.ts';
import { templateHash } from '../../kubernetes/template-diff.ts';

let rollout: SetRollout;
const sentence = async (): Promise<string> => {
  const plans = await rollout.plans();
  return typeof plans === 'string' ? plans : plans.map(({ summary }) => summary).join('\n');
};

describe('rollback of a StatefulSet', () => {
  beforeEach(async () => void (rollout = await startSetRollout('statefulset')));
  afterEach(() => rollout.api.close());

  it('is planned to the revision that is seen to work, with the ill pods of the one that is left', async () => {
    rollout.stuck();
    rollout.keep(2, template('app:v0', { env: [{ name: 'TOKEN', value: 'hunter2' }] }), -60);
    const plan = await rollout.planned();
    const uid = rollout.api.get('pods', { namespace: 'shop', name: 'checkout-2' })?.metadata.uid;
    expect(plan).toEqual({
      summary:
        'roll statefulset shop/checkout back to revision 3 (image app:v1), from revision 4 (image app:broken); evict what is ill of that one: checkout-2',
      touches: [rollout.target.key, 'kubernetes/prod/shop/pod/checkout-2'],
      change: {
        kind: 'statefulset',
        cluster: 'prod',
        namespace: 'shop',
        name: 'checkout',
        uid: 'uid-set',
        to: { revision: 3, controllerRevision: { name: 'checkout-h3', uid: 'uid-h3' }, hash: templateHash(good) },
        from: { revision: 4, controllerRevision: { name: 'checkout-h4', uid: 'uid-h4' }, hash: templateHash(broken) },
        pods: [{ name: 'checkout-2', uid }],
      },
      ownTimeMs: 5_000,
      watchMs: 120_000,
      undo: 'put the template of statefulset shop/checkout back to revision 4 (image app:broken), if nobody has changed it by then',
    });
    expect(rollout.api.writes()).toEqual([]);
  });

  it('names the ill pods from the lowest ordinal up, and none that a silent node holds', async () => {
    rollout.stuck();
    for (const ordinal of [3, 4, 5]) rollout.pod(ordinal, 'h3');
    rollout.pod(10, 'h4', sick);
    rollout.pod(9, 'h4', { phase: 'Unknown' });
    expect(await sentence()).toMatch(/: checkout-2, checkout-10$/);
  });

  it('counts all its pods, and not only those that a state tells of', async () => {
    rollout.deploy(broken, { spec: { replicas: 60 } });
    rollout.stuck();
    // More of the bad revision work than of the good one; all those of the latter are beyond the first twenty.
    for (let ordinal = 3; ordinal < 30; ordinal += 1) rollout.pod(ordinal, 'h4');
    expect(await sentence()).toMatch(/: 27 pods of its current revision 4 work, and of revision 3 no more than that/);
  });

  it('with a partition asks of the current revision no more than it is to have', async () => {
    const rollingUpdate = { partition: 2 };
    rollout.deploy(broken, { spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate } } });
    rollout.keep(3, good, 0);
    rollout.keep(4, broken, 60);
    rollout.pod(0, 'h3', sick);
    rollout.pod(1, 'h3');
    rollout.pod(2, 'h4');
    expect(await sentence()).toMatch(/: its current revision 4 is fine \(1 of 1 pods available\)$/);
  });

  it('with a partition over all its pods has nothing to roll back', async () => {
    const rollingUpdate = { partition: 3 };
    rollout.deploy(broken, { spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate } } });
    rollout.keep(3, good, 0);
    rollout.keep(4, broken, 60);
    rollout.pod(0, 'h3', sick);
    expect(await sentence()).toMatch(
      /: no pod has its current revision 4 yet, and none is meant to: its update strategy/,
    );
  });
});

describe.each<SetKind>(['statefulset', 'daemonset'])('rollback of a %s', (kind) => {
  beforeEach(async () => void (rollout = await startSetRollout(kind)));
  afterEach(() => rollout.api.close());
  const about = `${kind} shop/checkout`;

  it('keeps no value of an environment variable', async () => {
    const env = [{ name: 'TOKEN', value: 'hunter2' }];
    rollout.deploy(template('app:v1', { env }));
    rollout.keep(3, good, 0);
    rollout.keep(4, template('app:v1', { env }), 60);
    rollout.pod(0, 'h3');
    rollout.pod(2, 'h4', sick);
    const plan = await rollout.planned();
    expect(plan.summary).toContain(
      `roll ${about} back to revision 3, from revision 4, which differs in env TOKEN of app`,
    );
    expect(JSON.stringify(plan)).not.toContain('hunter2');
  });

  it('goes to several, the newest first, passing over those that are not seen to work', async () => {
    rollout.keep(1, template('app:old'), -200);
    rollout.keep(2, template('app:v0'), -100);
    rollout.keep(3, good, 0);
    rollout.keep(4, broken, 60);
    rollout.pod(0, 'h1');
    rollout.pod(1, 'h3');
    rollout.pod(2, 'h4', sick);
    // It is ready at this moment, and crashes.
    rollout.pod(3, 'h2', crashing);
    expect(await rollout.plans()).toMatchObject([
      { change: { to: { revision: 3 } } },
      { change: { to: { revision: 1 } } },
    ]);
  });

  it('waits for as long as the workload asks before a pod counts', async () => {
    rollout.stuck();
    rollout.deploy(broken, { spec: { minReadySeconds: 10 ** 9 } });
    expect(await sentence()).toMatch(/: no earlier revision is seen to work: revision 3 is there, but no pod of it/);
  });

  const argo = { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/x:shop/checkout' } };
  it.each<[string, () => void, RegExp]>([
    [
      'to what was gone back from, whose number is smaller',
      () => {
        rollout.deploy(good);
        rollout.keep(5, good, 0, 'h3');
        rollout.keep(4, broken, 60);
        rollout.pod(0, 'h3', sick);
        rollout.pod(1, 'h4');
      },
      /: there is no earlier revision: no ControllerRevision of its own has another template from before this one$/,
    ],
    [
      'to what was gone back from, when the good one was restarted after that',
      () => {
        const annotations = { 'kubectl.kubernetes.io/restartedAt': '2026-01-01T00:00:00Z' };
        const restarted = { ...good, metadata: { ...good.metadata, annotations } };
        rollout.deploy(restarted);
        rollout.keep(5, good, 0, 'h3');
        rollout.keep(4, broken, 60);
        rollout.keep(6, restarted, 120);
        rollout.pod(0, 'h6', sick);
        rollout.pod(1, 'h4');
      },
      /: there is no earlier revision: /,
    ],
    [
      'to one that was made in the same second',
      () => {
        rollout.keep(3, good, 60);
        rollout.keep(4, broken, 60);
        rollout.pod(0, 'h3');
        rollout.pod(2, 'h4', sick);
      },
      /: there is no earlier revision: /,
    ],
    [
      'without history',
      () => (rollout.keep(4, broken, 60), rollout.pod(2, 'h4', sick)),
      /: there is no earlier revision/,
    ],
    [
      'to one that another workload has made',
      () => {
        rollout.stuck();
        const kept = rollout.api.get('controllerrevisions.apps', { namespace: 'shop', name: 'checkout-h3' });
        const [owner] = kept?.metadata.ownerReferences ?? [];
        const metadata = { ...kept?.metadata, ownerReferences: [{ ...owner, uid: 'other' }] };
        rollout.api.put('controllerrevisions.apps', { ...kept, metadata });
      },
      /: there is no earlier revision: /,
    ],
    [
      'to one without a pod that works',
      () => (rollout.keep(3, good, 0), rollout.keep(4, broken, 60), rollout.pod(2, 'h4', sick)),
      new RegExp(`go back by hand: kubectl rollout undo ${kind}/checkout -n shop --to-revision=…$`),
    ],
    [
      'when its pods are replaced by hand',
      () => (rollout.stuck(), rollout.deploy(broken, { spec: { updateStrategy: { type: 'OnDelete' } } })),
      new RegExp(
        `: its update strategy is OnDelete, .*: kubectl rollout undo ${kind}/checkout -n shop --to-revision=3, then delete checkout-2$`,
      ),
    ],
    [
      'under Argo CD',
      () => (rollout.stuck(), rollout.deploy(broken, { metadata: argo })),
      /belongs to Argo CD \(application shop\).*revert the commit/,
    ],
    [
      'when a pod that would go says hands off',
      () => (rollout.stuck(), rollout.pod(2, 'h4', sick, { annotations: { 'paramedic.dev/mode': 'none' } })),
      /: pod checkout-2 says hands off \(its annotation paramedic\.dev\/mode is none\), and a roll-back/,
    ],
    [
      'when no node has room for its pod, which may pass',
      () => {
        rollout.stuck();
        const conditions = [{ type: 'PodScheduled', status: 'False', lastTransitionTime: '2026-01-01T00:00:00Z' }];
        rollout.pod(2, 'h4', { phase: 'Pending', conditions }, {}, {});
      },
      /: another template would not mend what ails its current revision 4 \(pod checkout-2: can not be scheduled/,
    ],
    [
      'when the current one is fine',
      () => {
        rollout.keep(3, good, 0);
        rollout.keep(4, broken, 60);
        for (const ordinal of [0, 1, 2]) rollout.pod(ordinal, 'h4');
        rollout.pod(3, 'h3', sick);
      },
      /: its current revision 4 is fine \(3 of 3 pods available\)$/,
    ],
    [
      'while its newest template is not kept',
      () => (rollout.keep(3, good, 0), rollout.pod(0, 'h3', sick)),
      /: no ControllerRevision of its newest template has been made yet$/,
    ],
  ])('is refused %s', async (_why, arrange, reason) => {
    arrange();
    const answer = await sentence();
    expect(answer).toMatch(reason);
    expect(answer.startsWith(about)).toBe(true);
  });

  it('is refused when its template was changed between two looks at it', async () => {
    rollout.stuck();
    const state = await rollout.state();
    rollout.deploy(template('app:v3'));
    const { action, target, clients } = rollout;
    const extra = await action.observe(target, clients);
    expect(action.plan({ target, state, extra, params: undefined, labels: {}, now: 1 })).toEqual({
      ok: false,
      reason: `${about} is not rolled back: its template was changed just now`,
      retryAfterMs: 30_000,
    });
  });

  it('is refused when it is gone', async () => {
    rollout.stuck();
    const state = await rollout.state();
    const { action, target, clients, api } = rollout;
    api.remove(`${kind}s.apps`, { namespace: 'shop', name: 'checkout' });
    const extra = await action.observe(target, clients);
    expect(action.plan({ target, state, extra, params: undefined, labels: {}, now: 1 })).toMatchObject({
      reason: `${about} is not rolled back: it is gone, or another one has its name`,
    });
  });
});
