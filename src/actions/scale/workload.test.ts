import { describe, expect, it } from 'vitest';
import { oneIll, planOf, planTime, sentence, workload } from '../../../test/fakes/workload-state.ts';
import type { Action } from '../../domain/action.ts';
import type { WorkloadState } from '../../kubernetes/state.ts';
import { scaleDeployment } from './deployment.ts';
import { scaleStatefulSet } from './statefulset.ts';

/** What was read: nobody sets the number. */
const free = { autoscaler: null };
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
    expect(sentence(scaleDeployment, workload({ desired }), params, free)).toContain(words);
  });

  it.each<[object, string]>([
    [{}, 'needs a number of replicas, to: 5, or a factor with a ceiling, by: 1.5 with max: 10'],
    [{ to: 2, by: 2 }, 'takes either to, or by with max'],
    [{ by: 1.5 }, 'a factor above 1 needs a ceiling: max: 10'],
    [{ by: 1, max: 3 }, 'by: 1 changes nothing'],
    [{ max: 3 }, 'needs a number'],
    [{ to: -1 }, 'expected number to be >=0'],
    [{ to: 1.5 }, 'has to be a whole number of replicas, or known-good: what it had when it was last well'],
    [{ to: 'known_good' }, 'has to be a whole number of replicas, or known-good'],
    [{ to: 'known-good', max: 3 }, 'takes either to, or by with max'],
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
    expect(sentence(scaleDeployment, workload(), { to: 5 }, { autoscaler: hpa })).toBe(
      `nothing: deployment shop/checkout is not scaled: its replicas are set by ${hpa}; change the bounds there`,
    );
    expect(sentence(scaleDeployment, workload({ owners: [argo] }), { to: 5 }, free)).toContain('belongs to Argo CD');
  });

  describe('what it had when it was last well', () => {
    const at = (time: string): number => Date.parse(`2026-11-24T${time}:00Z`);
    const stretch = (replicas: number, from: string, until: string) => ({
      replicas,
      fromMs: at(from),
      untilMs: at(until),
    });
    const past = [stretch(1, '14:07', '15:00'), stretch(3, '12:05', '14:05'), stretch(7, '09:00', '12:04')];
    // Somebody gave it that number; who gives it 0 by `kubectl scale` leaves no name.
    const gone = { desired: 0, replicasWriter: { manager: 'kubectl', at: at('15:01') } };
    const lately = (replicas: number, time = '15:30') => ({ replicas, atMs: at(time) });
    const told = (state: Partial<WorkloadState>, history?: unknown) =>
      sentence(scaleDeployment, workload(state), { to: 'known-good' }, { ...free, history });

    it.each<[string, Partial<WorkloadState>, object, string]>([
      [
        'the newest',
        gone,
        { stretches: past, last: lately(0) },
        'scale deployment shop/checkout from 0 to 1 replica, what it had when it was last well (for 53m until 15:00 UTC)',
      ],
      [
        'the newest with another number than now',
        { ...gone, desired: 1 },
        { stretches: past, last: lately(1) },
        'scale deployment shop/checkout from 1 to 3 replicas, what it had when it was last well (for 2h until 14:05 UTC)',
      ],
      [
        'a smaller number too',
        { ...gone, desired: 9 },
        { stretches: past.slice(1), last: null },
        'from 9 to 3 replicas, what it had',
      ],
      [
        'nothing when it has it',
        { desired: 3 },
        { stretches: [stretch(3, '12:05', '14:05')], last: lately(3) },
        'nothing: deployment shop/checkout is not scaled: it has 3 replicas already, as whenever it was well in the last 24 h',
      ],
      [
        'nothing when it was never well',
        gone,
        { stretches: [], last: lately(0) },
        'is not scaled: Prometheus has not seen it well for 5m without a break in the last 24 h; give the step a number: scale: {to: 3}',
      ],
      [
        'nothing out of what is not about it',
        gone,
        { stretches: past, last: lately(3) },
        'is not scaled: Prometheus has 3 replicas for it at 15:30 UTC where the cluster has 0: that is late, or of another cluster [again in 30000 ms]',
      ],
      ['before Prometheus has seen the change', gone, { stretches: past, last: lately(1, '15:03') }, 'from 0 to 1'],
      ['after Prometheus has ended', gone, { stretches: past, last: lately(1, '15:00') }, 'from 0 to 1 replica'],
      [
        'after Prometheus has ended, and nobody left a name',
        { desired: 0 },
        { stretches: past, last: lately(1) },
        'from 0 to 1 replica',
      ],
      [
        'nothing before Prometheus has seen what nobody left a name at',
        { desired: 0 },
        { stretches: past, last: { replicas: 1, atMs: planTime - 170_000 } },
        'where the cluster has 0: that is late, or of another cluster [again in 30000 ms]',
      ],
      [
        'nothing when nothing is known',
        gone,
        { ok: false, reason: 'Prometheus is away', retryAfterMs: 7 },
        'nothing: deployment shop/checkout is not scaled: Prometheus is away [again in 7 ms]',
      ],
    ])('%s', (_what, state, history, words) => {
      expect(told(state, history)).toContain(words);
    });

    it('but not where somebody else sets the number, or when it was not asked about', () => {
      expect(told({ ...gone, owners: [argo] }, { stretches: past, last: null })).toContain('belongs to Argo CD');
      expect(
        sentence(scaleDeployment, workload(gone), { to: 'known-good' }, { autoscaler: 'HorizontalPodAutoscaler x' }),
      ).toContain('its replicas are set by HorizontalPodAutoscaler x');
      expect(() => told(gone)).toThrow('observe was not told');
    });

    it('as a number that is pinned', () => {
      const extra = { ...free, history: { stretches: past.slice(1), last: lately(0) } };
      const plan = planOf(scaleDeployment, workload(gone), { to: 'known-good' }, extra);
      expect(plan.change).toMatchObject({ from: 0, to: 3 });
      expect(plan.undo).toBe('scale deployment shop/checkout back to 0 replicas, if it still has 3');
    });
  });

  it('a pinned pair of numbers', () => {
    expect(planOf(scaleStatefulSet, workload({ kind: 'statefulset' }), { to: 5 }, free)).toEqual({
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
    expect(verdict(scaleDeployment, fields, params, free)).toEqual(answer);
  });
});
