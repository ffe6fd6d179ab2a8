import { createHash } from 'node:crypto';
import type { Clients } from '../../domain/clients.ts';
import { ActionError } from '../../domain/errors.ts';
import type { Node } from '../../domain/kubernetes.ts';
import { kubernetesCluster } from '../../kubernetes/cluster.ts';
import type { NodeRoom } from '../../kubernetes/node-state.ts';
import { timeOf } from '../../kubernetes/time.ts';
import { demandRoom, isCordoned, lookAtNode } from '../pinned-node.ts';
import type { Change } from './change.ts';

/** Of the node, `<id of the change> <RFC 3339>`: which drain was begun last, and when. It stays: see `beginDrain`. */
export const begunAnnotation = 'paramedic.dev/drain-begun';
/** How often the write is tried while others write the same node. */
const tries = 5;

/** Tells a drain of the node with this uid from any other one of it; the same for what is planned as of the same time, ms. */
export const drainId = (uid: string, now: number): string =>
  createHash('sha256').update(`${uid} ${now}`).digest('hex').slice(0, 10);

/**
 * Cordons the node, and notes on it in the same write that this drain has begun: once, however often it is asked. Answers
 * when that was, ms since the epoch. So its time runs from its first write, however long a human was waited for, and goes
 * on when another worker does. The note outlives the drain: a worker that comes late finds that it was begun, does not
 * cordon again what somebody has uncordoned since, and has no more than the time that was left.
 * Throws ActionError, `conflict` when the other nodes are not enough (`refuse`, as for `demandRoom`).
 */
export async function beginDrain(
  pinned: Change,
  refuse: (name: string, nodes: readonly NodeRoom[]) => string | undefined,
  clients: Clients,
  signal: AbortSignal,
): Promise<number> {
  const { cluster, name, uid, id, timeoutMs } = pinned;
  for (let left = tries; ; left -= 1) {
    const node = await lookAtNode(pinned, clients, signal);
    const begun = begunAt(node, id);
    // Too late: it changes nothing any more, and whoever asks says so.
    if (begun !== undefined && Date.now() >= begun + timeoutMs) return begun;
    await demandRoom(pinned, refuse, clients, signal);
    const now = Date.now();
    // Another worker's clock may be ahead of ours: that makes nothing longer.
    if (begun !== undefined) return Math.min(begun, now);
    const { resourceVersion } = node.metadata;
    const annotations = { [begunAnnotation]: `${id} ${new Date(now).toISOString()}` };
    // Onto the very version that was looked at. A cordon that is there already stays whose it is.
    const merge = {
      metadata: { uid, resourceVersion, annotations },
      ...(!isCordoned(node) && { spec: { unschedulable: true } }),
    };
    try {
      await kubernetesCluster(cluster, clients).patch('nodes', { namespace: '', name }, { merge }, signal);
      return now;
    } catch (error) {
      // An ill node's status changes all the time, and with it its version.
      if (!(error instanceof ActionError) || error.reason !== 'conflict' || left === 1) throw error;
    }
  }
}

/** When the drain with this id was begun; undefined: it was not, as far as the node tells. */
function begunAt({ metadata }: Node, id: string): number | undefined {
  const [whose, at] = (metadata.annotations?.[begunAnnotation] ?? '').split(' ');
  const begun = whose === id ? timeOf(at) : 0;
  return begun === 0 ? undefined : begun;
}
