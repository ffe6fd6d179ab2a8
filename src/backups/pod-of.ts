import type { Clients } from '../domain/clients.ts';
import { ActionError } from '../domain/errors.ts';
import type { Pod } from '../domain/kubernetes.ts';
import type { KubernetesClient, Place } from '../domain/kubernetes-client.ts';
import type { PodPlace } from '../domain/pod-streams.ts';
import { no, type Verdict, yes } from '../domain/verdict.ts';
import { closedBecause } from '../kubernetes/closed-namespace.ts';
import { kubernetesCluster } from '../kubernetes/cluster.ts';
import { readController } from '../kubernetes/controllers.ts';
import { parseKubernetesKey } from '../kubernetes/key.ts';
import { ownPods } from '../kubernetes/own-pods.ts';
import { podDigest } from '../kubernetes/pod-digest.ts';
import { selectorText } from '../kubernetes/selector-text.ts';
import type { ServerPlace } from './server-place.ts';

/** A server in a pod. */
export interface ServerPod {
  readonly client: KubernetesClient;
  readonly pod: Pod;
  /** With the container that the server is in. */
  readonly place: PodPlace;
}

/** A place in a cluster. */
export type InCluster = ServerPlace & { readonly workload: string };
export const isInCluster = (place: ServerPlace): place is InCluster => place.workload !== undefined;

/** Whether something may be changed there: brought back, or made beside it. Throws ActionError. */
export function mayChange(place: ServerPlace, clients: Clients): Verdict {
  if (!isInCluster(place)) return yes('it is in no cluster');
  const { cluster, namespace } = parseKubernetesKey(place.workload);
  const because = closedBecause(namespace, kubernetesCluster(cluster, clients));
  return because === undefined ? yes('its namespace is open') : no(`nothing was touched: ${because}`);
}

/**
 * Whether a drill may make a pod there: it has the variables and Secrets of the source, and where no policy is heeded a server
 * that follows them reaches production.
 */
export function mayDrill(place: InCluster, clients: Clients): Verdict {
  const { cluster } = parseKubernetesKey(place.workload);
  const { name, enforcesPolicies = false } = kubernetesCluster(cluster, clients);
  if (enforcesPolicies) return mayChange(place, clients);
  return no(
    `nothing was touched: a pod of a drill must reach nothing, and the configuration of cluster ${name} does not say that its network heeds NetworkPolicies; where it does, say network_policies: enforced there`,
  );
}

/**
 * The pod that a source means: the only one that is ready, or the first of a StatefulSet, or the one that is named. Throws
 * ActionError when there is none, or it can not be told which.
 */
export async function podOf(wanted: InCluster, clients: Clients, signal: AbortSignal): Promise<ServerPod> {
  const { cluster, namespace, kind, name } = parseKubernetesKey(wanted.workload);
  const client = kubernetesCluster(cluster, clients);
  const place = { namespace, name };
  const pods = kind === 'pod' ? await itself(client, place, signal) : await ofWorkload(kind, client, place, signal);
  const pod = chosen(pods, wanted, kind, name);
  return { client, pod, place: { namespace, name: pod.metadata.name, container: containerIn(pod, wanted) } };
}

async function itself(client: KubernetesClient, place: Place, signal: AbortSignal): Promise<readonly Pod[]> {
  const pod = await client.get('pods', place, signal);
  if (pod === undefined) throw notThere('pod', place, client);
  return [pod];
}

async function ofWorkload(
  kind: string,
  client: KubernetesClient,
  place: Place,
  signal: AbortSignal,
): Promise<readonly Pod[]> {
  if (kind !== 'deployment' && kind !== 'statefulset') throw new Error(`${kind} is no kind of workload with servers`);
  const controller = await readController[kind](client, place, signal);
  if (controller === undefined) throw notThere(kind, place, client);
  const labelSelector = selectorText(controller.selector);
  const selected = await client.list('pods', { namespace: place.namespace, labelSelector }, signal);
  return ownPods(kind, controller, selected, client, signal);
}

const notThere = (kind: string, { namespace, name }: Place, client: KubernetesClient): ActionError =>
  new ActionError(`there is no ${kind} ${namespace}/${name} in cluster ${client.name}`, 'not-found', true);

function chosen(pods: readonly Pod[], { workload, pod: named }: InCluster, kind: string, name: string): Pod {
  const refuse = (why: string): never => {
    throw new ActionError(`${workload}${why}`, 'conflict', true);
  };
  // The first of a set is the one that the others follow, where they are not each for itself.
  const wanted = named ?? (kind === 'statefulset' ? `${name}-0` : undefined);
  const among = wanted === undefined ? pods : pods.filter(({ metadata }) => metadata.name === wanted);
  const ready = among.filter((pod) => podDigest(pod).ready);
  const [only, another] = ready;
  if (only === undefined && wanted === undefined) return refuse(' has no pod that is ready');
  if (only === undefined)
    return refuse(among.length > 0 ? `: its pod ${wanted} is not ready` : ` has no pod ${wanted}`);
  if (another === undefined) return only;
  const names = ready.map(({ metadata }) => metadata.name).toSorted();
  return refuse(
    ` has ${ready.length} pods that are ready, and each may hold something else: ${names.join(', ')}; say which with "pod"`,
  );
}

function containerIn({ metadata, spec: { containers } }: Pod, { workload, pod_container: named }: InCluster): string {
  const names = containers.map(({ name }) => name);
  const only = named ?? (names.length === 1 ? names[0] : undefined);
  if (only !== undefined && names.includes(only)) return only;
  const has = `pod ${metadata.name} of ${workload} has the containers ${names.join(', ')}`;
  const why = only === undefined ? 'say which with "pod_container"' : `and none that is called ${only}`;
  throw new ActionError(`${has}: ${why}`, 'bad-request', false);
}
