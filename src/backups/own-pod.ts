import { drillLabel, drillLabels, drillName, isDrillContainer } from '../domain/drill-things.ts';
import { ActionError, messageOf } from '../domain/errors.ts';
import type { KubeObject } from '../domain/kubernetes.ts';
import type { KubernetesClient, Place } from '../domain/kubernetes-client.ts';
import type { PodPlace } from '../domain/pod-streams.ts';
import { wait } from '../domain/wait.ts';
import { podTrouble } from '../kubernetes/pod-trouble.ts';
import { isLeft, removeMs } from './drill-container.ts';

const policies = 'networkpolicies.networking.k8s.io';
const [askEveryMs, mostMs] = [500, 10 * 60_000];
/** How often one is asked for that is about to end. */
const lostAsks = 40;

/** A pod of ours, and a policy that lets nothing in or out of it. */
export interface OwnPod {
  readonly place: Place;
  /** As in `Scratch`. Throws ActionError. */
  lost(signal: AbortSignal): Promise<string | undefined>;
  /** Both, also when we are to stop. Harmless when they are gone. Throws ActionError. */
  remove(): Promise<void>;
}

/**
 * Makes one. `bodyOf`: what it is made of, with these labels. What was left of that drill, and of old ones, is gone then.
 * `drill`: the id of the run that it is for. `name`: that of which there may be one at a time. Throws ActionError, `conflict`
 * when there is one of that name.
 */
export async function ownPod(
  client: KubernetesClient,
  {
    namespace,
    drill,
    name = drillName(),
  }: { readonly namespace: string; readonly drill: string; readonly name?: string },
  bodyOf: (labels: Readonly<Record<string, string>>) => Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<OwnPod> {
  await removeLeftPods(client, namespace, drill, signal);
  const place = { namespace, name };
  // What is part of Paramedic is never acted on.
  const labels = { ...drillLabels(drill), 'app.kubernetes.io/part-of': 'paramedic' };
  const remove = (): Promise<void> => removeMade(client, place, drill, AbortSignal.timeout(removeMs));
  try {
    const spec = { podSelector: { matchLabels: { [drillLabel]: drill } }, policyTypes: ['Ingress', 'Egress'] };
    await client.create(policies, place, { metadata: { labels }, spec }, signal).catch(async (error: unknown) => {
      if (!(error instanceof ActionError) || error.reason !== 'conflict') throw error;
      const of = (await client.get(policies, place, signal))?.metadata.labels?.[drillLabel];
      throw new ActionError(
        `run ${of ?? 'of somebody else'} has network policy ${namespace}/${name}, and there is one at a time; nothing was touched: ${untilEnded}`,
        'conflict',
        false,
        error,
      );
    });
    const policy = await client.get(policies, place, signal);
    if (policy === undefined) throw new ActionError(`network policy ${namespace}/${name} is gone`, 'conflict', true);
    await client.create('pods', place, ownedBy(policy, bodyOf(labels)), signal);
  } catch (error) {
    // What it failed by matters more; what is left is taken away by the next drill.
    await remove().catch(() => undefined);
    throw error;
  }
  return { place, lost: (during) => lostBecause(client, place, during), remove };
}

/**
 * Its policy is named as what looks after it: `kubectl drain` refuses a pod that nothing does, and asks for `--force`, by which
 * everybody's would be lost. Nothing makes it again.
 */
function ownedBy({ metadata: { name, uid } }: KubeObject, body: Readonly<Record<string, unknown>>) {
  const owner = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', name, uid, controller: true };
  return { ...body, metadata: { ...Object(body['metadata']), ownerReferences: [owner] } };
}

/** What dead processes have left: of this drill, all of it; of others, what is older than two days. Throws ActionError. */
async function removeLeftPods(
  client: KubernetesClient,
  namespace: string,
  drill: string,
  signal: AbortSignal,
): Promise<void> {
  for (const [name, labels] of await madeIn(client, namespace, signal)) {
    if (!isLeft(labels, drill)) continue;
    // One that does not go, as on a node that is gone, must not hold up what is to be done.
    const over = AbortSignal.any([signal, AbortSignal.timeout(removeMs)]);
    // A removal that fails now is tried again the next time.
    await removeMade(client, { namespace, name }, labels[drillLabel], over).catch(() => undefined);
  }
}

/** The names of all that was made there, with their labels. Throws ActionError. */
export async function madeIn(
  client: KubernetesClient,
  namespace: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
  const labelSelector = drillLabel;
  const made = [
    ...(await client.list('pods', { namespace, labelSelector }, signal)),
    ...(await client.list(policies, { namespace, labelSelector }, signal)),
  ];
  return new Map(
    made
      .filter(({ metadata }) => isDrillContainer(metadata.name))
      .map(({ metadata: { name, labels = {} } }) => [name, labels]),
  );
}

/**
 * The pod, and when that has gone, what keeps it away from everything. `drill`: whose they are; those of another one are left
 * alone, which may have the same name. Throws ActionError.
 */
export async function removeMade(
  client: KubernetesClient,
  place: Place,
  drill: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const isIts = (labels: Readonly<Record<string, string>> = {}): boolean =>
    labels[drillLabel] !== undefined && labels[drillLabel] === drill;
  for (;;) {
    const pod = await client.get('pods', place, signal);
    if (pod === undefined) break;
    const { labels, uid, deletionTimestamp } = pod.metadata;
    if (!isIts(labels)) throw notOurs('pod', place);
    if (deletionTimestamp === undefined) await client.remove('pods', place, uid, signal);
    await wait(askEveryMs, `the end of pod ${place.namespace}/${place.name}`, signal);
  }
  const policy = await client.get(policies, place, signal);
  if (policy === undefined) return;
  if (!isIts(policy.metadata.labels)) throw notOurs('network policy', place);
  await client.remove(policies, place, policy.metadata.uid, signal);
}

/** What whoever is in the way of another run is told. */
export const untilEnded =
  'wait until that run has ended, or delete the pod and the network policy of that name when nobody goes on with it';

const notOurs = (kind: string, { namespace, name }: Place): ActionError =>
  new ActionError(`${kind} ${namespace}/${name} was not made by this run: it is left alone`, 'conflict', false);

/** Why a pod of ours is not there any more; undefined: it is. One that is evicted shows so some seconds after it was broken off. */
async function lostBecause(client: KubernetesClient, place: Place, signal: AbortSignal): Promise<string | undefined> {
  const called = `pod ${place.namespace}/${place.name}`;
  for (let left = lostAsks; left > 0; left -= 1) {
    const pod = await client.get('pods', place, signal);
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined)
      return `${called} was taken away by somebody else, as by a drain of its node`;
    if (pod.status?.phase === 'Failed') return `${called} ${podTrouble(pod, Date.now())}`;
    const isUp =
      left < lostAsks - 6 && pod.status?.containerStatuses?.every(({ state }) => state?.running !== undefined);

    if (isUp === true) return undefined;
    await wait(askEveryMs, `the end of ${called}`, signal);
  }
  return undefined;
}

/** Waits until its server answers. One that ends instead is told with the last it said. Throws ActionError. */
export async function untilAnswers(
  client: KubernetesClient,
  place: PodPlace,
  answers: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  const called = `pod ${place.namespace}/${place.name}`;
  const limit = Date.now() + mostMs;
  let trouble = '';
  while (Date.now() < limit) {
    const pod = await client.get('pods', place, signal);
    const state = pod?.status?.containerStatuses?.find(({ name }) => name === place.container)?.state;
    const phase = pod?.status?.phase ?? 'gone';
    if (pod === undefined || !['Pending', 'Running'].includes(phase) || state?.terminated !== undefined) {
      if (pod?.status?.reason === 'Evicted')
        throw new ActionError(`${called} ${podTrouble(pod, Date.now())}`, 'conflict', false);
      const log = await client
        .logs(place, { container: place.container, lines: 5, maxBytes: 1_024 }, signal)
        .catch((error: unknown) => messageOf(error));
      const code = state?.terminated?.exitCode ?? 'unknown';
      throw new ActionError(
        `${called} ended with exit code ${code} before its server answered: ${log
          .trim()
          .replace(/^\S+Z /gm, '')
          .replaceAll('\n', '; ')}`,
        'conflict',
        false,
      );
    }
    trouble = podTrouble(pod, Date.now());
    if (state?.running !== undefined && (await answers().catch(unlessNotYet))) return;
    await wait(askEveryMs, `the server in ${called}`, signal);
  }
  const why = trouble === '' ? '' : `: ${trouble}`;
  throw new ActionError(
    `the server in ${called} did not answer within ${mostMs / 60_000} minutes${why}`,
    'timeout',
    true,
  );
}

/** It ended between two looks, or has not quite begun: the next one tells. */
function unlessNotYet(error: unknown): boolean {
  const early = ['conflict', 'server-error', 'unreachable', 'bad-request'];
  if (error instanceof ActionError && early.includes(error.reason)) return false;
  throw error;
}
