import type { Verified, VerifyInput } from '../../domain/action.ts';
import { no, yes } from '../../domain/verdict.ts';
import { serves } from '../../kubernetes/serving.ts';
import type { PodDigest, WorkloadState } from '../../kubernetes/state.ts';
import { causeOf } from '../../kubernetes/trouble-cause.ts';
import { phraseOf } from '../pinned-workload.ts';
import { ailmentsOf, isIllOf } from './ailments.ts';
import { cameAfter } from './came-after.ts';
import type { Put } from './put-back.ts';

/**
 * That what was put back is there was seen when it was written. When the next pods are ill as those before, it was not that.
 * `seen`: as `writtenAt` tells.
 */
export function verifyPutBack({ before, state, change, seen }: VerifyInput<WorkloadState, Put>): Verified {
  const { renewal } = change.putBack;
  if (renewal.by === 'proof' && state.pods.some(({ uid }) => renewal.pods.some((pod) => pod.uid === uid)))
    return no('the pod has not been replaced yet');
  const next = state.pods.filter(cameAfter(change.putBack, before, typeof seen === 'number' ? seen : undefined));
  if (renewal.by === 'proof' || renewal.by === 'proof-by-roll-out') {
    const failed = next.find(failsAtOnce);
    if (failed !== undefined)
      return { ...no(`pod ${failed.name} came after it, and does not come to run: ${failed.trouble}`), certain: true };
    if (renewal.by === 'proof-by-roll-out' && !next.some(serves)) return no('none of its new pods has come to run yet');
  }
  const ailments = ailmentsOf(before.pods);
  const first = next.find((pod) => isIllOf(ailments, pod));
  if (first !== undefined)
    return { ...no(`pod ${first.name} came after it, and is ill as those before: ${first.trouble}`), certain: true };
  if (state.desired === 0 && change.putBack.restorations.some(({ paths }) => paths.includes('/spec/replicas')))
    return no(`${phraseOf(state)} is still scaled to 0`);
  return yes(`${phraseOf(state)} is as it was`);
}

/** What it needs is not there, or it has ended again: it is not only slow. */
const failsAtOnce = ({ trouble, diedAt }: PodDigest): boolean =>
  trouble !== '' && (causeOf(trouble) === 'start' || (causeOf(trouble) === 'process' && diedAt > 0));
