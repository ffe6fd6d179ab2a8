import { describe, expect, it } from 'vitest';
import { oneIll, planOf, sentence, workload } from '../../../test/fakes/workload-state.ts';
import type { Action } from '../../domain/action.ts';
import type { WorkloadState } from '../../kubernetes/state.ts';
import { scaleDeployment } from './deployment.ts';
import { scaleStatefulSet } from './statefulset.ts';

const argo = { manager: 'Argo CD', name: 'application shop', advice: 'revert the commit in Git' };

describe('scale plans to', () => {
  it.each<[number, object, string]>([
    [3, { to: 5 }, 'scale deployment shop/checkout from 3 to 5 replicas'],
    [3, { to: 0 }, 'scale deployment shop/checkout from 3 to 0 replicas'],
    [0, { to: 1 }, 'scale deployment shop/checkout from 0 to 1 replica'],
    [3, { by: 1.5, max: 10 }, 'from 3 to 5 replicas'],
    [100, { by: 1.1, max: 200 }, 'from 100 to 110 replicas'],
    [100, { by: 0.29 }, 'from 100 to 29 replicas'],
    [9, { by: 1.5, max: 10 }, 'from 9 to 10 replicas'],
    [3, { by: 0.5 }, 'from 3 to 1 replica'],
    [10, { by: 0.7 }, 'from 10 to 7 replicas'],
    [3, { to: 3 }, 'nothing: deployment shop/checkout is not scaled: it has 3 replicas already'],
    [12, { by: 1.5, max: 10 }, 'is not scaled: it has 12 replicas, and the ceiling of the step is 10'],
    [0, { by: 2, max: 10 }, 'is not scaled: it is scaled to 0, and a factor of that is 0; give the step a number'],
    [1, { by: 0.5 }, 'is not scaled: 0.5 times 1 replica is 1'],
  ])('from %d with %j: %s', (desired, params, words) => {
    expect(sentence(scaleDeployment, workload({ desired }), params, null)).toContain(words);
  });

  it.each<[object, string]>([
    [{}, 'needs a number of replicas, to: 5, or a factor with a ceiling, by: 1.5 with max: 10'],
    [{ to: 2, by: 2 }, 'takes either to, or by with max'],
    [{ by: 1.5 }, 'a factor above 1 needs a ceiling: max: 10'],
    [{ by: 1, max: 3 }, 'by: 1 changes nothing'],
    [{ max: 3 }, 'needs a number'],
    [{ to: -1 }, 'expected number to be >=0'],
    [{ to: 1.5 }, 'expected int'],
    [{ by: 0, max: 1 }, 'expected number to be >0'],
  ])('never with %j', (params, words) => {
    expect(
      scaleDeployment.params
        .safeParse(params)
        .error?.issues.map(({ message }) => message)
        .join(),
    ).toContain(words);
  });

  it('nothing where somebody else sets the number', () => {
    const hpa = 'HorizontalPodAutoscaler checkout (2 to 10 replicas)';
    expect(sentence(scaleDeployment, workload(), { to: 5 }, hpa)).toBe(
      `nothing: deployment shop/checkout is not scaled: its replicas are set by ${hpa}; change the bounds there`,
    );
    expect(sentence(scaleDeployment, workload({ owners: [argo] }), { to: 5 }, null)).toContain('belongs to Argo CD');
  });

  it('a pinned pair of numbers', () => {
    expect(planOf(scaleStatefulSet, workload({ kind: 'statefulset' }), { to: 5 }, null)).toEqual({
      summary: 'scale statefulset shop/checkout from 3 to 5 replicas',
      touches: ['kubernetes/prod/shop/statefulset/checkout'],
      change: {
        kind: 'statefulset',
        cluster: 'prod',
        namespace: 'shop',
        name: 'checkout',
        uid: 'uid-1',
        from: 3,
        to: 5,
      },
      ownTimeMs: 5_000,
      watchMs: 120_000,
      undo: 'scale statefulset shop/checkout back to 3 replicas, if it still has 5',
    });
  });
});

describe('after it was applied', () => {
  const before = workload({ pods: oneIll });
  const verdict = (action: Action, fields: Partial<WorkloadState>, params?: unknown, extra?: unknown) => {
    const { change } = planOf(action, before, params, extra);
    return action.verify({ before, state: workload({ resourceVersion: '9', pods: oneIll, ...fields }), change });
  };

  it.each<[string, object, Partial<WorkloadState>, object]>([
    [
      'not seen',
      { to: 5 },
      { resourceVersion: '7' },
      { ok: false, reason: 'deployment shop/checkout has not been scaled yet' },
    ],
    [
      'not looked at',
      { to: 5 },
      { desired: 5, observed: false },
      { ok: false, reason: expect.stringContaining('has not looked') },
    ],
    [
      'growing',
      { to: 5 },
      { desired: 5, available: 4 },
      { ok: false, reason: '4 of 5 pods of deployment shop/checkout are available' },
    ],
    ['grown', { to: 5 }, { desired: 5, available: 5 }, { ok: true, reason: 'deployment shop/checkout has 5 replicas' }],
    ['shrinking', { to: 1 }, { desired: 1 }, { ok: false, reason: 'deployment shop/checkout still has 3 pods, not 1' }],
    ['shrunk', { to: 1 }, { desired: 1, present: 1 }, { ok: true, reason: 'deployment shop/checkout has 1 replica' }],
    [
      'taken back',
      { to: 5 },
      { desired: 3, replicasWriter: { manager: 'flux', at: 0 } },
      {
        ok: false,
        certain: true,
        reason: 'scaling deployment shop/checkout to 5 replicas was taken back to 3 by flux',
      },
    ],
    [
      'changed',
      { to: 5 },
      { desired: 7, replicasWriter: { manager: 'kubectl', at: 0 } },
      {
        ok: false,
        certain: true,
        reason: 'scaling deployment shop/checkout to 5 replicas was changed to 7 by kubectl',
      },
    ],
  ])('the number is %s', (_what, params, fields, answer) => {
    expect(verdict(scaleDeployment, fields, params, null)).toEqual(answer);
  });
});
