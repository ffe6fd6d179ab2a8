import type { TargetKind } from '../../domain/target.ts';
import { kubernetesCluster } from '../../kubernetes/cluster.ts';
import { confirmKubernetes } from '../../kubernetes/confirm.ts';
import { allowedBy } from '../../kubernetes/hands-off.ts';
import { parseKubernetesKey } from '../../kubernetes/key.ts';
import { type NodeState, nodeState } from '../../kubernetes/node-state.ts';
import { resolveKubernetes } from '../../kubernetes/resolve.ts';

/** A node: well when its kubelet says that it is ready and under no pressure. Cordoned is no trouble, but intent. */
export const node: TargetKind<NodeState> = {
  kind: 'node',
  platform: 'kubernetes',
  permissions: [
    { platform: 'kubernetes', resource: 'nodes', verbs: ['get'] },
    { platform: 'kubernetes', resource: 'pods', verbs: ['list'] },
  ],
  resolve: resolveKubernetes('node'),
  confirm: confirmKubernetes,
  observe: async (target, clients, signal) => {
    const { cluster, name } = parseKubernetesKey(target.key);
    const client = kubernetesCluster(cluster, clients);
    const found = await client.get('nodes', { namespace: '', name }, signal);
    if (found === undefined || (target.uid !== undefined && found.metadata.uid !== target.uid)) return undefined;
    const pods = await client.list('pods', { namespace: '', fieldSelector: `spec.nodeName=${name}` }, signal);
    return nodeState(cluster, found, pods);
  },
  symptoms: ({ wrong }) => wrong,
  mode: allowedBy,
  lastLifetimeMs: () => undefined,
  instance: ({ readySince }) => String(readySince),
  unsettled: ({ readySince }, now, windowMs) => readySince > now - windowMs,
  showsOnObject: false,
};
