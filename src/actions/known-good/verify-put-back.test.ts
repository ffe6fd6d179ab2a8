import { expect, it } from 'vitest';
import { ill, oneIll, pod, workload } from '../../../test/fakes/workload-state.ts';
import type { WorkloadState } from '../../kubernetes/state.ts';
import type { PutBack } from './put-back.ts';
import { verifyPutBack } from './verify-put-back.ts';

const hung = 'container app is running but not ready';
const before = workload({ pods: oneIll });
function verify(state: WorkloadState, more: Partial<PutBack> = {}, then: WorkloadState = before) {
  const pinned: PutBack = {
    target: 'kubernetes/prod/shop/deployment/checkout',
    knownGood: 'k1',
    failed: '',
    restorations: [],
    nudge: false,
    renewal: { by: 'nothing' },
    ...more,
  };
  return verifyPutBack({ before: then, state, change: { putBack: pinned } });
}
const asItWas = { ok: true, reason: 'deployment shop/checkout is as it was' };

it('believes what was written, whatever the old pods have', () => {
  expect(verify(before)).toEqual(asItWas);
});

it('is certain that it was not that, when a pod that came after it is ill as those before', () => {
  expect(verify(workload({ pods: [ill('d')] }))).toEqual({
    ok: false,
    certain: true,
    reason: `pod d came after it, and is ill as those before: ${hung}`,
  });
  expect(verify(workload({ pods: [ill('d', 'container app is crash-looping (exit code 1)')] }))).toEqual(asItWas);
});

it('is not certain while one only waits for a node', () => {
  const unplaced = 'can not be scheduled: 0/2 nodes are available';
  const then = workload({ pods: [ill('a', unplaced)] });
  expect(verify(workload({ pods: [ill('d', unplaced)] }), {}, then)).toEqual(asItWas);
});

it('waits until a pod that is to be replaced is gone', () => {
  const renewal = { by: 'proof' as const, pods: [{ name: 'a', uid: 'uid-a' }] };
  expect(verify(workload({ pods: [pod('a')] }), { renewal })).toMatchObject({ ok: false });
  expect(verify(workload({ pods: [pod('a', { uid: 'other' })] }), { renewal })).toEqual(asItWas);
});

it('is certain that a proof has failed when the next pod ends, or can not start; not when it is only slow', () => {
  const renewal = { by: 'proof' as const, pods: [{ name: 'a', uid: 'uid-a' }] };
  const next = (trouble: string, diedAt = 0) =>
    verify(workload({ pods: [ill('b'), ill('d', trouble, { diedAt })] }), { renewal });
  const crashing = 'container app is crash-looping (exit code 3)';
  expect(next(crashing, 1_000)).toEqual({
    ok: false,
    certain: true,
    reason: `pod d came after it, and does not come to run: ${crashing}`,
  });
  expect(next('container app can not start (CreateContainerConfigError)')).toMatchObject({ ok: false, certain: true });
  expect(next('container app has not started yet')).toEqual(asItWas);
  // Only of a proof is it known that nothing else was changed.
  expect(verify(workload({ pods: [ill('d', crashing, { diedAt: 1_000 })] }))).toEqual(asItWas);
});

it('waits until it is scaled up again', () => {
  const key = 'kubernetes/prod/shop/deployment/checkout';
  const restorations = [{ key, uid: '', from: '', to: '', paths: ['/spec/replicas'] }];
  expect(verify(workload({ pods: [], desired: 0 }), { restorations })).toMatchObject({
    ok: false,
    reason: 'deployment shop/checkout is still scaled to 0',
  });
  expect(verify(workload({ pods: [], desired: 2 }), { restorations })).toEqual(asItWas);
});
