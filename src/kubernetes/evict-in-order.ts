import { formatDuration } from '../domain/duration.ts';
import { ActionError } from '../domain/errors.ts';
import type { KubernetesClient, Place } from '../domain/kubernetes-client.ts';
import { wait } from '../domain/wait.ts';

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

/** `waitsFor`: not yet, a clause; `stop`: neither this one nor those behind it, a clause. */
export type Turn = 'go' | 'gone' | { readonly waitsFor: string } | { readonly stop: string };

/**
 * Evicts one pod after the other; those that are gone already are passed over, so it goes on where it stopped. A
 * disruption budget is waited for: what took a pod's place becomes ready meanwhile. `turnOf` is asked before each eviction.
 * Throws ActionError `conflict` when the time is over, with the budget's own sentence where that is what it waited for,
 * and when `turnOf` says stop.
 */
export async function evictInOrder<P extends PinnedPod>(
  pods: readonly P[],
  client: KubernetesClient,
  patience: Patience,
  signal: AbortSignal,
  turnOf: (pod: P) => Promise<Turn> = async () => 'go',
): Promise<void> {
  const { timeoutMs, until, pauseMs } = patience;
  const within = formatDuration(timeoutMs);
  for (const [index, pod] of pods.entries()) {
    const { namespace, name: podName, uid } = pod;
    const place = { namespace, name: podName };
    const name = `${namespace}/${podName}`;
    const sofar = `${index} of ${pods.length} pods were evicted`;
    if (Date.now() >= until) {
      throw new ActionError(`its time of ${within} was over before ${name} was evicted`, 'conflict', false);
    }
    for (;;) {
      const turn = await turnOf(pod);
      if (turn === 'gone') break;
      if (turn !== 'go' && 'stop' in turn) throw new ActionError(`${sofar}, then: ${turn.stop}`, 'conflict', false);
      const answer = turn === 'go' ? await client.evict(place, uid, signal) : { blockedBy: turn.waitsFor };
      if (!('blockedBy' in answer)) break;
      if (Date.now() + pauseMs > until) {
        throw new ActionError(
          `${sofar} within ${within}, then ${name} was blocked: ${answer.blockedBy}`,
          'conflict',
          false,
        );
      }
      await wait(pauseMs, 'an eviction', signal);
    }
  }
}
