import type { Clients } from '../domain/clients.ts';
import type { Meta } from '../domain/kubernetes.ts';
import type { KubernetesClient, Place } from '../domain/kubernetes-client.ts';
import type { Candidate, Target } from '../domain/target.ts';
import { type OwnRedis, runsOwnRedis } from '../domain/own-redis.ts';
import { no, type Verdict } from '../domain/verdict.ts';
import { climb } from './climb.ts';
import { kubernetesCluster } from './cluster.ts';
import { findNode } from './find-node.ts';
import { makerOfGonePod } from './gone-pod.ts';
import { quoted } from '../domain/quoted.ts';
import { replicaSetMadeFrom } from './grammar.ts';
import { maintained, maintenanceMark, modeAnnotation } from './hands-off.ts';
import { kubernetesKey } from './key.ts';
import type { KubernetesKind } from './labels.ts';
import { wasHealthy } from './last-known.ts';
import { controllerOf } from './controller-of.ts';
import { isOwnRedis, ownRedisIn } from './own-redis.ts';
import { protectedBecause } from './protected.ts';
import { see, type Seen, seenPod } from './seen.ts';

/** What is asked for, and whom and by whom. */
interface Asked {
  readonly candidate: Candidate;
  readonly client: KubernetesClient;
  readonly own: OwnRedis | undefined;
}

/**
 * Reads the object that the labels name, climbs from a pod to what makes it, and refuses what is never acted on. Throws
 * ActionError when the cluster does not answer, or is not configured any more.
 */
export async function confirmKubernetes(candidate: Candidate, clients: Clients): Promise<Target | Verdict> {
  const { platform = '', kind, by, phrase } = candidate;
  const client = kubernetesCluster(platform, clients);
  const asked: Asked = { candidate, client, own: clients.ownRedis };
  const { namespace = '', name = '', replicaset } = by;
  if (kind === 'node') return judged(await findNode(candidate, client), asked);
  if (kind === 'pod') return confirmPod({ namespace, name }, asked);
  if (replicaset !== undefined) {
    return judged(await deploymentOf({ namespace, name: replicaset }, candidate, client), asked);
  }
  if (!isPlain(kind)) throw new Error(`${kind} is no kind of Kubernetes object that is looked after`);
  const one = await see(kind, { namespace, name }, client);
  if (one === undefined)
    return (await rememberedTarget(asked, clients)) ?? no(`there is no ${phrase} in cluster ${platform}`);
  return judged(one, asked);
}

/** What is gone, and was seen healthy. What is never acted on by its name is not made anew either. */
async function rememberedTarget(
  { candidate: { kind, by, phrase }, client }: Asked,
  clients: Clients,
): Promise<Target | Verdict | undefined> {
  const { namespace = '', name = '' } = by;
  const key = kubernetesKey({ cluster: client.name, namespace, kind, name });
  if (!(await wasHealthy(key, clients))) return undefined;
  const because = protectedBecause({ name, labels: [] });
  return because === undefined ? { kind, key, remembered: true } : no(`${phrase} is never acted on: ${because}`);
}

async function confirmPod(place: Place, asked: Asked): Promise<Target | Verdict> {
  const { client } = asked;
  const pod = await client.get('pods', place);
  if (pod === undefined) return judged(await makerOfGonePod(place, client), asked);
  const refusal = await refusedBecause(seenPod(pod), asked);
  if (refusal !== undefined) return refusal;
  const target = await judged(await climb(pod, client), asked);
  return 'ok' in target ? target : { ...narrowedBy(pod.metadata), ...target };
}

/** The labels name a ReplicaSet; what we act on is its Deployment. */
async function deploymentOf(place: Place, { phrase }: Candidate, client: KubernetesClient): Promise<Seen | Verdict> {
  const replicaSet = await client.get('replicasets.apps', place);
  const owner = replicaSet && controllerOf(replicaSet.metadata);
  if (replicaSet !== undefined && owner?.kind !== 'Deployment') return no(`${phrase} belongs to no Deployment`);
  const name = owner?.name ?? replicaSetMadeFrom(place.name) ?? place.name;
  const deployment = await see('deployment', { namespace: place.namespace, name }, client);
  return deployment ?? no(`${phrase} is gone, and so is deployment ${name}`);
}

async function judged(found: Seen | Verdict, asked: Asked): Promise<Target | Verdict> {
  if ('ok' in found) return found;
  const refusal = await refusedBecause(found, asked);
  if (refusal !== undefined) return refusal;
  const { kind, meta, observe } = found;
  const cluster = asked.client.name;
  const target: Target = {
    kind,
    key: kubernetesKey({ cluster, namespace: meta.namespace ?? '', kind, name: meta.name }),
    uid: meta.uid,
  };
  return observe === undefined
    ? { ...target, ...narrowedBy(meta) }
    : { ...target, mode: 'observe', modeReason: observe };
}

async function refusedBecause({ kind, meta, like }: Seen, { candidate, client, own }: Asked) {
  const { phrase } = candidate;
  if (meta.annotations?.[modeAnnotation] === 'none') {
    return no(`${phrase} is never acted on: the annotation ${modeAnnotation} of ${kind} ${meta.name} is none`);
  }
  const because = protectedBecause(like);
  if (because !== undefined) return no(`${phrase} is never acted on: ${because}`);
  const redis = await ownRedisIn(meta.namespace ?? '', client, own);
  if (isOwnRedis({ kind, ...like }, redis)) return no(`${phrase} is never acted on: ${runsOwnRedis}`);
  // A pod is replaced all the time; the going of anything else is somebody's intent.
  return meta.deletionTimestamp === undefined || kind === 'pod'
    ? undefined
    : no(`${kind} ${meta.name} is being deleted since ${meta.deletionTimestamp}`);
}

/** A word that we do not know narrows: whoever wrote it wanted something else than the default. */
function narrowedBy(meta: Pick<Meta, 'annotations' | 'labels'>): Pick<Target, 'mode' | 'modeReason'> {
  if (maintained(meta)) return { mode: 'observe', modeReason: `it is under maintenance (${maintenanceMark})` };
  const mode = meta.annotations?.[modeAnnotation] ?? 'act';
  if (mode === 'act') return {};
  if (mode === 'observe' || mode === 'approve') return { mode };
  const why = `its annotation ${modeAnnotation} is ${quoted(mode)}, which is none of act, approve, observe, none`;
  return { mode: 'observe', modeReason: why };
}

const plain: readonly string[] = [
  'deployment',
  'statefulset',
  'daemonset',
  'job',
  'cronjob',
  'persistentvolumeclaim',
  'horizontalpodautoscaler',
  'service',
] satisfies readonly KubernetesKind[];
const isPlain = (kind: string): kind is KubernetesKind => plain.includes(kind);
