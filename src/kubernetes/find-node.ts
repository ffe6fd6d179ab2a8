import type { KubernetesClient } from '../domain/kubernetes-client.ts';
import type { Candidate } from '../domain/target.ts';
import { no, type Verdict } from '../domain/verdict.ts';
import { see, type Seen, seenNode } from './seen.ts';

/** Addresses that stand for a node inside of its cluster. */
const inside: ReadonlySet<string> = new Set(['InternalIP', 'InternalDNS', 'Hostname']);

/** A node by its name, else by its address or host name, which has to be the address of exactly one. */
export async function findNode({ by, phrase }: Candidate, client: KubernetesClient): Promise<Seen | Verdict> {
  const { name, address } = by;
  if (name !== undefined) {
    const node = await see('node', { namespace: '', name }, client);
    if (node !== undefined) return node;
  }
  const nodes = await client.list('nodes', { namespace: '' });
  const [one, ...others] = nodes.filter(({ status }) =>
    (status?.addresses ?? []).some((its) => inside.has(its.type) && [name, address].includes(its.address)),
  );
  if (one === undefined) {
    const count = nodes.length === 1 ? '1 node' : `${nodes.length} nodes`;
    return no(`there is no ${phrase} among the ${count} of cluster ${client.name}`);
  }
  if (others.length === 0) return seenNode(one);
  const names = [one, ...others].map(({ metadata }) => metadata.name).join(', ');
  return no(`${phrase} in cluster ${client.name} could be any of: ${names}`);
}
