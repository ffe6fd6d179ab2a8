import { z } from 'zod';
import type { Clients } from '../domain/clients.ts';
import { ActionError } from '../domain/errors.ts';
import type { Node } from '../domain/kubernetes.ts';
import { kubernetesCluster } from '../kubernetes/cluster.ts';
import { cordonWriter, isOurCordon, type NodeRoom, nodeRoom, type NodeState } from '../kubernetes/node-state.ts';

/** One very node, as every change to one pins it: with its uid, for its name may go to another one. */
export const pinnedNode = {
  cluster: z.string().min(1),
  name: z.string().min(1),
  uid: z.string().min(1),
} as const;
export interface PinnedNode {
  readonly cluster: string;
  readonly name: string;
  readonly uid: string;
}

export const pinNode = ({ cluster, name, uid }: NodeState): PinnedNode => ({ cluster, name, uid });

/**
 * What every plan that takes room away touches beside its node: one at a time, so that the next one is planned with the
 * room that is left then.
 */
export const roomOf = (cluster: string): string => `kubernetes/${cluster}/nodes`;

/** For summaries of what cordons. */
export const staysCordoned = 'it stays cordoned until somebody uncordons it';

export const isCordoned = ({ spec }: Node): boolean => spec?.unschedulable === true;

const find = async ({ cluster, name, uid }: PinnedNode, clients: Clients, signal?: AbortSignal) => {
  const node = await kubernetesCluster(cluster, clients).get('nodes', { namespace: '', name }, signal);
  return node?.metadata.uid === uid ? node : undefined;
};

/** The pinned node as it is now. Throws ActionError, also when it is gone or another one has its name. */
export async function lookAtNode(pinned: PinnedNode, clients: Clients, signal: AbortSignal): Promise<Node> {
  const node = await find(pinned, clients, signal);
  if (node !== undefined) return node;
  throw new ActionError(
    `node ${pinned.name} is gone from cluster ${pinned.cluster}, or another one has its name`,
    'not-found',
    false,
  );
}

/** Whether the effect shows on the pinned node by now; a cluster that does not answer leaves it unknown. */
export async function nodeSettledBy(
  pinned: PinnedNode,
  clients: Clients,
  shows: (node: Node) => boolean | Promise<boolean>,
): Promise<'done' | 'not-done' | 'unknown'> {
  try {
    const node = await find(pinned, clients);
    return node !== undefined && (await shows(node)) ? 'done' : 'not-done';
  } catch {
    return 'unknown';
  }
}

/**
 * Throws ActionError `conflict` when by now the other nodes are not enough: it may have been planned a while ago. `refuse`:
 * why they are not, a clause, or undefined.
 */
export async function demandRoom(
  pinned: PinnedNode,
  refuse: (name: string, nodes: readonly NodeRoom[]) => string | undefined,
  clients: Clients,
  signal: AbortSignal,
): Promise<void> {
  const because = refuse(pinned.name, await observeRoom(pinned.cluster, clients, signal));
  if (because === undefined) return;
  throw new ActionError(`node ${pinned.name} is not cordoned: ${because}`, 'conflict', false);
}

/** Cordons, when the other nodes are enough: see `demandRoom`. Already so is success. */
export async function cordonBesides(...asked: Parameters<typeof demandRoom>): Promise<void> {
  const [pinned, , clients, signal] = asked;
  await demandRoom(...asked);
  await setCordoned(pinned, true, clients, signal);
}

/** Cordons or uncordons; already so is success. */
async function setCordoned(
  pinned: PinnedNode,
  cordoned: boolean,
  clients: Clients,
  signal: AbortSignal,
): Promise<void> {
  if (isCordoned(await lookAtNode(pinned, clients, signal)) === cordoned) return;
  const { cluster, name, uid } = pinned;
  const merge = { metadata: { uid }, spec: { unschedulable: cordoned } };
  await kubernetesCluster(cluster, clients).patch('nodes', { namespace: '', name }, { merge }, signal);
}

/** Takes our cordon away. One that somebody else set between our plan and our write is his, and stays. */
export async function takeBackCordon(pinned: PinnedNode, clients: Clients, signal: AbortSignal): Promise<void> {
  const node = await find(pinned, clients, signal);
  if (node === undefined || !isOurCordon(node)) return;
  await setCordoned(pinned, false, clients, signal);
}

/** Takes a cordon away. One that somebody else has set since it was planned is left, and is an ActionError `conflict`. */
export async function uncordonOf(
  pinned: PinnedNode & { readonly cordonedBy: string },
  clients: Clients,
  signal: AbortSignal,
): Promise<void> {
  const node = await lookAtNode(pinned, clients, signal);
  const by = cordonWriter(node) ?? '';
  if (isCordoned(node) && by !== pinned.cordonedBy)
    throw new ActionError(
      `node ${pinned.name} has been cordoned by ${by === '' ? 'somebody else' : by} since`,
      'conflict',
      false,
    );
  await setCordoned(pinned, false, clients, signal);
}

/** How all the nodes of the cluster stand, as a plan looks at them. */
export async function observeRoom(
  cluster: string,
  clients: Clients,
  signal?: AbortSignal,
): Promise<readonly NodeRoom[]> {
  return (await kubernetesCluster(cluster, clients).list('nodes', { namespace: '' }, signal)).map(nodeRoom);
}

export const rooms = z.array(z.object({ name: z.string(), forAll: z.boolean(), open: z.boolean() })).readonly();
