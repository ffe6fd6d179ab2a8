import { ourManager } from '../../domain/our-writes.ts';
import type { Settled } from '../../domain/action.ts';
import type { Clients } from '../../domain/clients.ts';
import { ActionError } from '../../domain/errors.ts';
import { wait } from '../../domain/wait.ts';
import { parseKubernetesKey } from '../../kubernetes/key.ts';
import { workloadResource } from '../pinned-workload.ts';
import { restoresTemplate } from './came-after.ts';
import { makeRoom, podsBefore } from './make-room.ts';
import { nudge } from './nudge.ts';
import type { PutBack, Restoration } from './put-back.ts';
import { renew, renewBack, renewed } from './renew.ts';
import { heed, isRestored, isUnkept, restore, takeBack } from './write-back.ts';

/** How long is waited until the memory has seen what we wrote, ms, and how often it is asked. */
const seenMs = 3_000;
/** The API server tells in whole seconds when an object was written, and when a pod was made: until the next one, ms. */
const nextSecondMs = 1_100;

/** Puts everything back that the plan names, then sees to the pods of the target. Throws ActionError. */
export async function putAllBack(pinned: PutBack, clients: Clients, signal: AbortSignal): Promise<void> {
  const { target, restorations, renewal, failed } = pinned;
  const isWorkload = Object.hasOwn(workloadResource, parseKubernetesKey(target).kind);
  const isTemplate = restoresTemplate(pinned);
  await heed(target, clients, signal);
  const before = isTemplate ? await podsBefore(target, clients, signal) : new Set<string>();
  for (const restoration of restorations) await restore(restoration, clients, signal);
  if (isWorkload) {
    if (pinned.nudge) await nudge(target, Date.now(), clients, signal);
    // So that the next pods are seen to have come after it.
    if (renewal.by === 'evicting') await wait(nextSecondMs, 'the next second', signal);
    await renew(pinned, clients, signal);
    if (isTemplate) await makeRoom(target, before, clients, signal);
  }
  // Only now: what could not be put back has not failed.
  if (failed !== '') await clients.knownGood?.demote(target, failed, Date.now());
  await seen(pinned, 'to', clients);
}

/** The other way round, in the other order. What could not be taken back does not keep the rest from it. */
export async function takeAllBack(pinned: PutBack, clients: Clients, signal: AbortSignal): Promise<void> {
  const failures: unknown[] = [];
  const ways = pinned.restorations.toReversed().map((one) => () => takeBack(one, clients, signal));
  // Last: pods read it when they start.
  for (const goBack of [...ways, () => renewBack(pinned, clients, signal)]) {
    try {
      await goBack();
    } catch (error) {
      if (!(error instanceof ActionError) || error.retryable || signal.aborted) throw error;
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  await seen(pinned, 'from', clients);
}

/** What a run that died has left. */
export async function settled({ target, restorations, renewal }: PutBack, clients: Clients): Promise<Settled> {
  try {
    // Of what is not kept any more nothing could be written.
    const isDone = (one: Restoration): Promise<boolean> =>
      isRestored(one, clients).catch((error: unknown) => {
        if (isUnkept(error)) return false;
        throw error;
      });
    const done = await Promise.all(restorations.map(isDone));
    if (done.every(Boolean)) return await renewed({ target, renewal }, clients);
    return done.some(Boolean) ? 'half-done' : 'not-done';
  } catch {
    return 'unknown';
  }
}

/**
 * What is planned next is made of what is remembered: until that holds what we wrote. The watch tells of it within some
 * milliseconds; whether it does is no matter of this act.
 */
async function seen({ target, restorations }: PutBack, way: 'to' | 'from', { knownGood }: Clients): Promise<void> {
  const wanted = restorations.filter(({ paths }) => paths.length > 0);
  for (const until = Date.now() + seenMs; Date.now() < until;) {
    const remembered = await knownGood?.remembered(target).catch(() => undefined);
    if (remembered === undefined) return;
    const isSeen = wanted.every((one) => {
      const history = remembered.objects.get(one.key);
      const isThere = history !== undefined && history.goneAt === undefined;
      if (one[way] === '' && !one.failOpen) return !isThere;
      // Of what was put back only in part, that it is another version than before is all there is to see.
      return isThere && (history.versions[0]?.hash === one[way] || history.versions[0]?.by === ourManager);
    });
    if (isSeen) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
