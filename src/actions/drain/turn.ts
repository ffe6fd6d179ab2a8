import type { Clients } from '../../domain/clients.ts';
import { kubernetesCluster } from '../../kubernetes/cluster.ts';
import type { Turn } from '../../kubernetes/evict-in-order.ts';
import { handsOff, handsOffPhrase, modeAnnotation } from '../../kubernetes/hands-off.ts';
import { wellIn } from '../../kubernetes/node-pods.ts';
import { wrongWith } from '../../kubernetes/node-state.ts';
import { podDigest } from '../../kubernetes/pod-digest.ts';
import { isCordoned, lookAtNode } from '../pinned-node.ts';
import type { Change } from './change.ts';

type Pinned = Change['pods'][number];

/** Asked before each eviction: a drain takes long, and what was true when it was planned may be so no more. */
export const turnOf =
  (change: Change, clients: Clients, signal: AbortSignal) =>
  async (pinned: Pinned): Promise<Turn> => {
    const stop = await endedBy(change, clients, signal);
    if (stop !== undefined) return { stop };
    const { namespace, name, uid, group } = pinned;
    const client = kubernetesCluster(change.cluster, clients);
    const pod = await client.get('pods', { namespace, name }, signal);
    if (pod?.metadata.uid !== uid || pod.metadata.deletionTimestamp !== undefined) return 'gone';
    const mode = handsOff(pod.metadata);
    if (mode !== undefined) return { stop: handsOffPhrase(name, mode) };
    const before = change.well[group];
    const { ready, trouble } = podDigest(pod);
    // One that is ill takes nobody away from those that serve.
    if (before === undefined || !ready || trouble !== '') return 'go';
    const well = wellIn(group, client.name, await client.list('pods', { namespace }, signal));
    return well >= before
      ? 'go'
      : { waitsFor: `one of its workload goes at a time, and ${well} of them are well, ${before} were before` };
  };

/** Why the drain is over before its end, a clause; undefined: it goes on. */
async function endedBy(change: Change, clients: Clients, signal: AbortSignal): Promise<string | undefined> {
  const node = await lookAtNode(change, clients, signal);
  const mode = handsOff(node.metadata);
  if (mode !== undefined) return `the annotation ${modeAnnotation} of the node is ${mode === '' ? 'empty' : mode}`;
  if (!isCordoned(node)) return 'somebody has uncordoned the node';
  return change.wasIll && wrongWith(node).length === 0 ? 'nothing is wrong with the node any more' : undefined;
}
