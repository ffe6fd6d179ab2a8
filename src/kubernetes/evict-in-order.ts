import { setTimeout as sleep } from 'node:timers/promises';
import { formatDuration } from '../domain/duration.ts';
import { ActionError } from '../domain/errors.ts';
import type { KubernetesClient, Place } from '../domain/kubernetes-client.ts';

/** One very pod. */
export interface PinnedPod extends Place {
  readonly uid: string;
}

export interface Patience {
  /** How long all of it may take, ms; for the words of the error. */
  readonly timeoutMs: number;
  /** When that is over, ms since the epoch: a later try goes on only until the time of the first one has passed. */
  readonly until: number;
  /** How soon a disruption budget that does not allow an eviction is asked again, ms. */
  readonly pauseMs: number;
}

/**
 * Evicts one pod after the other; those that are gone already are passed over, so it goes on where it stopped. A
 * disruption budget is waited for: what took a pod's place becomes ready meanwhile. Throws ActionError `conflict` when the
 * time is over, with the budget's own sentence where that is what it waited for.
 */
export async function evictInOrder(
  pods: readonly PinnedPod[],
  client: KubernetesClient,
  patience: Patience,
  signal: AbortSignal,
): Promise<void> {
  const { timeoutMs, until, pauseMs } = patience;
  const within = formatDuration(timeoutMs);
  for (const [index, { uid, ...place }] of pods.entries()) {
    const name = `${place.namespace}/${place.name}`;
    if (Date.now() >= until) {
      throw new ActionError(`its time of ${within} was over before ${name} was evicted`, 'conflict', false);
    }
    for (;;) {
      const answer = await client.evict(place, uid, signal);
      if (!('blockedBy' in answer)) break;
      if (Date.now() + pauseMs > until) {
        throw new ActionError(
          `${index} of ${pods.length} pods were evicted within ${within}, then ${name} was blocked: ${answer.blockedBy}`,
          'conflict',
          false,
        );
      }
      await pause(pauseMs, signal);
    }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    throw new ActionError('stopped while a disruption budget was waited for', 'aborted', true, error);
  }
}
