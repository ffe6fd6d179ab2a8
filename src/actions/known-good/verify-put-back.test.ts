import { describe, expect, it } from 'vitest';
import { ill, oneIll, pod, workload } from '../../../test/fakes/workload-state.ts';
import { no } from '../../domain/verdict.ts';
import type { WorkloadState } from '../../kubernetes/state.ts';
import type { PutBack } from './put-back.ts';
import { verifyPutBack } from './verify-put-back.ts';

const hung = 'container app is running but not ready';
const before = workload({ pods: oneIll });
/** By the clock of the API server: when what was put back was written, and when pods came before and after that. */
const writtenAt = 10_000;
const between = { createdAt: 9_000 };
const after = { createdAt: 11_000 };
function verify(
  state: WorkloadState,
  more: Partial<PutBack> = {},
  then: WorkloadState = before,
  seen: unknown = writtenAt,
) {
  const pinned: PutBack = {
    target: key,
    knownGood: 'k1',
    failed: '',
    restorations: [],
    nudge: false,
    renewal: { by: 'nothing' },
    ...more,
  };
  return verifyPutBack({ before: then, state, change: { putBack: pinned }, seen });
}
const key = 'kubernetes/prod/shop/deployment/checkout';
const notThat = {
  ok: false,
  certain: true,
  reason: `pod d came after it, and is ill as those before: ${hung}`,
};
const asItWas = { ok: true, reason: 'deployment shop/checkout is as it was' };

it('believes what was written, whatever the old pods have', () => {
  expect(verify(before)).toEqual(asItWas);
});

it('is certain that it was not that, when a pod that came after it is ill as those before', () => {
  expect(verify(workload({ pods: [ill('d', hung, after)] }))).toEqual(notThat);
  expect(verify(workload({ pods: [ill('d', 'container app is crash-looping (exit code 1)', after)] }))).toEqual(
    asItWas,
  );
});

it('is not certain by a pod that came before it was written, or of which that is not known', () => {
  expect(verify(workload({ pods: [ill('d', hung, between)] }))).toEqual(asItWas);
  expect(verify(workload({ pods: [ill('d', hung, { createdAt: writtenAt })] }))).toEqual(asItWas);
  const { createdAt: _, ...undated } = ill('d');
  expect(verify(workload({ pods: [undated] }))).toEqual(asItWas);
  expect(verify(workload({ pods: [ill('d', hung, after)] }), {}, before, null)).toEqual(asItWas);
});

it('is not certain by a pod that was there, and was not among those that were told of', () => {
  const then = workload({ pods: oneIll, newestPodAt: 12_000 });
  expect(verify(workload({ pods: [ill('d', hung, after)] }), {}, then)).toEqual(asItWas);
  expect(verify(workload({ pods: [ill('d', hung, { createdAt: 13_000 })] }), {}, then)).toEqual(notThat);
  const { newestPodAt: _, ...unknown } = then;
  expect(verify(workload({ pods: [ill('d', hung, after)] }), {}, unknown)).toEqual(asItWas);
});

describe.each([
  ['its template was put back', { restorations: [{ key, uid: '', from: '', to: '', paths: ['/spec/template/spec'] }] }],
  ['it was restarted', { renewal: { by: 'restart' as const, restartedAt: '2026-11-29T12:10:00.000Z' } }],
])('where %s', (_, more) => {
  const then = workload({ pods: [pod('a', { revision: 'good' }), ill('b', hung, { revision: 'bad' })] });
  const next = (revision: string, fields: object, staying: string[] = []) =>
    verify(workload({ pods: [ill('d', hung, { revision, ...fields })] }), { ...more, staying }, then);

  it('is certain by a pod of a version that was not there before', () => {
    expect(next('new', after)).toEqual(notThat);
    // It can only come of what was written, to the second or not.
    expect(next('new', { createdAt: writtenAt })).toEqual(notThat);
  });

  it('is not certain by a pod of a version that was there, whenever that came, or of none', () => {
    expect(next('bad', after)).toEqual(asItWas);
    expect(next('good', after)).toEqual(asItWas);
    expect(next('', after)).toEqual(asItWas);
  });

  it('is certain by one more pod of the version that is put back, if it came after it was written', () => {
    expect(next('good', after, ['good'])).toEqual(notThat);
    expect(next('good', between, ['good'])).toEqual(asItWas);
    expect(next('bad', after, ['good'])).toEqual(asItWas);
  });
});

it('is not certain while one only waits for a node', () => {
  const unplaced = 'can not be scheduled: 0/2 nodes are available';
  const then = workload({ pods: [ill('a', unplaced)] });
  expect(verify(workload({ pods: [ill('d', unplaced, after)] }), {}, then)).toEqual(asItWas);
});

it('waits until a pod that is to be replaced is gone', () => {
  const renewal = { by: 'proof' as const, pods: [{ name: 'a', uid: 'uid-a' }] };
  expect(verify(workload({ pods: [pod('a')] }), { renewal })).toMatchObject({ ok: false });
  expect(verify(workload({ pods: [pod('a', { uid: 'other' })] }), { renewal })).toEqual(asItWas);
});

it('waits for the first new pod of a roll-out that is a proof, and is certain when that ends', () => {
  const renewal = { by: 'proof-by-roll-out' as const, restartedAt: new Date(0).toISOString(), was: '' };
  const then = workload({ pods: [pod('a', { revision: 'old' })] });
  const next = (...pods: WorkloadState['pods']) => verify(workload({ pods }), { renewal }, then);
  expect(next(pod('a', { revision: 'old' }))).toEqual(no('none of its new pods has come to run yet'));
  expect(next(pod('a'), pod('d', { revision: 'old', ...after }))).toMatchObject({ ok: false });
  expect(next(pod('a'), ill('d', 'container app has not started yet', { revision: 'new', ...after }))).toMatchObject({
    ok: false,
  });
  expect(next(pod('a'), pod('d', { revision: 'new', ...after }))).toEqual(asItWas);
  const crashing = 'container app is crash-looping (exit code 3)';
  expect(next(pod('a'), ill('d', crashing, { revision: 'new', diedAt: 1_000, ...after }))).toMatchObject({
    ok: false,
    certain: true,
  });
});

it('is certain that a proof has failed when the next pod ends, or can not start; not when it is only slow', () => {
  const renewal = { by: 'proof' as const, pods: [{ name: 'a', uid: 'uid-a' }] };
  const next = (trouble: string, diedAt = 0, came: object = after) =>
    verify(workload({ pods: [ill('b'), ill('d', trouble, { diedAt, ...came })] }), { renewal });
  const crashing = 'container app is crash-looping (exit code 3)';
  expect(next(crashing, 1_000)).toEqual({
    ok: false,
    certain: true,
    reason: `pod d came after it, and does not come to run: ${crashing}`,
  });
  expect(next('container app can not start (CreateContainerConfigError)')).toMatchObject({ ok: false, certain: true });
  expect(next('container app has not started yet')).toEqual(asItWas);
  // One of those that were well, and were not told of, is ill by now: it is not the next one.
  expect(next(crashing, 1_000, { createdAt: 1_000 })).toEqual(asItWas);
  // Only of a proof is it known that nothing else was changed.
  expect(verify(workload({ pods: [ill('d', crashing, { diedAt: 1_000, ...after })] }))).toEqual(asItWas);
});

it('waits until it is scaled up again', () => {
  const restorations = [{ key, uid: '', from: '', to: '', paths: ['/spec/replicas'] }];
  expect(verify(workload({ pods: [], desired: 0 }), { restorations })).toMatchObject({
    ok: false,
    reason: 'deployment shop/checkout is still scaled to 0',
  });
  expect(verify(workload({ pods: [], desired: 2 }), { restorations })).toEqual(asItWas);
});
