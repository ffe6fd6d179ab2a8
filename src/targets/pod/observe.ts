import type { Clients } from '../../domain/clients.ts';
import type { Meta } from '../../domain/kubernetes.ts';
import type { Target } from '../../domain/target.ts';
import { kubernetesCluster } from '../../kubernetes/cluster.ts';
import { controllerOf, customResourceOf } from '../../kubernetes/controller-of.ts';
import { parseKubernetesKey } from '../../kubernetes/key.ts';
import { podDigest } from '../../kubernetes/pod-digest.ts';
import type { PodState } from '../../kubernetes/state.ts';

/** One pod in one request. Undefined: it is gone, or another one (uid) has its name. Throws ActionError. */
export async function observe(target: Target, clients: Clients, signal?: AbortSignal): Promise<PodState | undefined> {
  const { cluster, namespace, name } = parseKubernetesKey(target.key);
  const pod = await kubernetesCluster(cluster, clients).get('pods', { namespace, name }, signal);
  if (pod === undefined || (target.uid !== undefined && pod.metadata.uid !== target.uid)) return undefined;
  const { resourceVersion } = pod.metadata;
  return { cluster, namespace, resourceVersion, pod: podDigest(pod), controller: makerOf(pod.metadata) };
}

/** What makes it again once it is deleted; the words of `PodState.controller`. */
export function makerOf(meta: Meta): string {
  const owner = controllerOf(meta);
  // A static pod shows in the API as a mirror of a file on its node.
  if (owner?.kind === 'Node' || meta.annotations?.['kubernetes.io/config.mirror'] !== undefined) return 'static';
  if (owner === undefined) return 'none';
  const resource = customResourceOf(meta);
  return resource === undefined ? `${owner.kind} ${owner.name}` : `custom resource ${resource}`;
}
