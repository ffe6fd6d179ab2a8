import type { Clients } from '../../domain/clients.ts';
import { ActionError } from '../../domain/errors.ts';
import { kubernetesCluster } from '../../kubernetes/cluster.ts';
import { evictInOrder } from '../../kubernetes/evict-in-order.ts';
import { handsOff, handsOffPhrase } from '../../kubernetes/hands-off.ts';
import { parseKubernetesKey } from '../../kubernetes/key.ts';
import { templateHash } from '../../kubernetes/template-diff.ts';
import { timeOf } from '../../kubernetes/time.ts';
import { evict } from '../delete-pod/eviction.ts';
import { type Workload, workloadResource } from '../pinned-workload.ts';
import { restartedAt, restartPatch } from '../restart/restart-patch.ts';
import { evictLeft } from '../rollback/left-pods.ts';
import type { PutBack } from './put-back.ts';

/** The workload that a plan is about: its kind, and where it is. */
export function workloadOf(target: string): {
  readonly kind: keyof typeof workloadResource;
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
} {
  const { kind, ...place } = parseKubernetesKey(target);
  if (kind !== 'deployment' && kind !== 'statefulset' && kind !== 'daemonset')
    throw new Error(`${target} is no workload`);
  return { kind, ...place };
}

/** Undefined: it is gone. Throws ActionError. */
export async function readWorkload(
  target: string,
  clients: Clients,
  signal?: AbortSignal,
): Promise<Workload | undefined> {
  const { kind, cluster, namespace, name } = workloadOf(target);
  return kubernetesCluster(cluster, clients).get(workloadResource[kind], { namespace, name }, signal);
}

/**
 * Replaces pods as the plan says. Each of them is known by its uid, so that done twice is done once. That a disruption
 * budget does not let an ill pod go is no failure: its containers start again by themselves, only later.
 */
export async function renew(
  { target, renewal }: Pick<PutBack, 'target' | 'renewal'>,
  clients: Clients,
  signal: AbortSignal,
): Promise<void> {
  if (renewal.by === 'nothing') return;
  const { cluster, namespace } = parseKubernetesKey(target);
  if ('restartedAt' in renewal) return restart(target, renewal.restartedAt, clients, signal);
  if (renewal.by === 'evicting-in-order') {
    const workload = await readWorkload(target, clients, signal);
    if (workload === undefined) return;
    const there = { revision: 0, hash: templateHash(workload.spec.template) };
    const pinned = { ...workloadOf(target), uid: workload.metadata.uid, from: there, to: there };
    return evictLeft({ ...pinned, pods: renewal.pods }, clients, signal);
  }
  if (renewal.pods.length === 0) return;
  const isProof = renewal.by === 'proof';
  try {
    if (isProof) await evictWell({ cluster, namespace, pods: renewal.pods }, clients, signal);
    else await evict({ cluster, namespace, pods: renewal.pods }, clients, signal);
  } catch (error) {
    if (isProof || !(error instanceof ActionError) || error.reason !== 'conflict') throw error;
  }
}

/** `evict` leaves alone what is well by now. */
async function evictWell(
  {
    cluster,
    namespace,
    pods,
  }: { readonly cluster: string; readonly namespace: string; readonly pods: readonly Named[] },
  clients: Clients,
  signal: AbortSignal,
): Promise<void> {
  const timeoutMs = 5_000;
  const patience = { timeoutMs, until: Date.now() + timeoutMs, pauseMs: 500 };
  const client = kubernetesCluster(cluster, clients);
  const pinned = pods.map((pod) => ({ ...pod, namespace }));
  await evictInOrder(pinned, client, patience, signal, async ({ name, uid }) => {
    const pod = await client.get('pods', { namespace, name }, signal);
    if (pod?.metadata.uid !== uid) return 'gone';
    // Somebody may have said so since it was planned.
    const mode = handsOff(pod.metadata);
    return mode === undefined ? 'go' : { stop: handsOffPhrase(name, mode) };
  });
}
interface Named {
  readonly name: string;
  readonly uid: string;
}

const tries = 5;

/** kubectl writes it in the time zone of whoever asks for it, and without the fraction of the second. */
const isRestarted = (workload: Workload, since: string): boolean =>
  timeOf(restartedAt(workload)) >= Math.floor(Date.parse(since) / 1000) * 1000;

/** Once: another restart than this one is somebody's own, and as good. */
const restart = (target: string, at: string, clients: Clients, signal: AbortSignal): Promise<void> =>
  stamp(target, at, clients, signal, (workload) => !isRestarted(workload, at));

/**
 * Makes the template say of restarts what it said before, where it still says what we wrote. That replaces the pods once
 * more: they then run with what was taken back, which is what the objects say. Throws ActionError.
 */
export async function renewBack(
  { target, renewal }: Pick<PutBack, 'target' | 'renewal'>,
  clients: Clients,
  signal: AbortSignal,
): Promise<void> {
  if (!('restartedAt' in renewal) || renewal.was === undefined) return;
  const isOurs = (workload: Workload): boolean => restartedAt(workload) === renewal.restartedAt;
  await stamp(target, renewal.was === '' ? null : renewal.was, clients, signal, isOurs);
}

/** Null: none. */
async function stamp(
  target: string,
  at: string | null,
  clients: Clients,
  signal: AbortSignal,
  isMeant: (workload: Workload) => boolean,
): Promise<void> {
  const { kind, cluster, namespace, name } = workloadOf(target);
  for (let left = tries; ; left -= 1) {
    const workload = await readWorkload(target, clients, signal);
    if (workload === undefined || !isMeant(workload)) return;
    try {
      const patch = restartPatch(workload.metadata, at);
      await kubernetesCluster(cluster, clients).patch(workloadResource[kind], { namespace, name }, patch, signal);
      return;
    } catch (error) {
      if (!(error instanceof ActionError) || error.reason !== 'conflict' || left === 1) throw error;
    }
  }
}

/**
 * What a run that died has left of it. A proof that was not begun is asked about anew: it takes a pod away that is well.
 * Throws ActionError.
 */
export async function renewed(
  { target, renewal }: Pick<PutBack, 'target' | 'renewal'>,
  clients: Clients,
): Promise<'done' | 'half-done' | 'not-done'> {
  if (renewal.by === 'nothing') return 'done';
  const notYet = renewal.by === 'proof' || renewal.by === 'proof-by-roll-out' ? 'not-done' : 'half-done';
  if ('restartedAt' in renewal) {
    const workload = await readWorkload(target, clients);
    return workload !== undefined && isRestarted(workload, renewal.restartedAt) ? 'done' : notYet;
  }
  const { cluster, namespace } = parseKubernetesKey(target);
  const client = kubernetesCluster(cluster, clients);
  const there = await Promise.all(
    renewal.pods.map(async ({ name, uid }) => (await client.get('pods', { namespace, name }))?.metadata.uid === uid),
  );
  return there.some(Boolean) ? notYet : 'done';
}
