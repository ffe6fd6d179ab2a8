import type { Clients } from '../domain/clients.ts';
import { ActionError } from '../domain/errors.ts';
import { kubernetesKey } from '../kubernetes/key.ts';
import { roomFor } from './drill-room.ts';
import type { DrillServer } from './drill-server.ts';
import { ownPod, untilAnswers } from './own-pod.ts';
import { ownServerOnly } from './own-server-only.ts';
import { podLike, type PodDifferences } from './pod-like.ts';
import { type InCluster, mayDrill, podOf } from './pod-of.ts';
import type { ScratchOptions } from './source-kind.ts';

/** Kubernetes itself ends a pod of ours then, in seconds: nobody waits for it any more. */
export const deadlineOf = (timeoutMs: number): number => Math.ceil(timeoutMs / 1_000) + 60;

/**
 * Makes a pod like the one that a source is in, beside it, and before it a policy that lets nothing in or out. What was left
 * of that drill, and of old ones, is gone then. Throws ActionError.
 */
export async function drillPod(
  wanted: InCluster,
  clients: Clients,
  {
    drill,
    timeoutMs,
    bytes,
    ...but
  }: Pick<ScratchOptions, 'drill' | 'timeoutMs' | 'bytes'> & Pick<PodDifferences, 'argv' | 'folder' | 'withoutEnv'>,
  signal: AbortSignal,
): Promise<DrillServer> {
  const may = mayDrill(wanted, clients);
  if (!may.ok) throw new ActionError(may.reason, 'bad-request', false);
  const { client, pod, place: model } = await podOf(wanted, clients, signal);
  const { namespace, container } = model;
  const deadlineS = deadlineOf(timeoutMs);
  const made = await ownPod(
    client,
    { namespace, drill },
    (labels) => podLike(pod, container, { ...but, labels, deadlineS, room: roomFor(bytes) }),
    signal,
  );
  const { place } = made;
  const key = kubernetesKey({ cluster: client.name, namespace, kind: 'pod', name: place.name });
  const server: DrillServer = {
    name: place.name,
    place: { workload: key, pod_container: container },
    ...ownServerOnly(place.name, {
      execOut: (command, limits) => client.execOut({ ...place, container }, command, limits),
      execIn: (command, stdin, limits) => client.execIn({ ...place, container }, command, stdin, limits),
    }),
    async env(name, during) {
      const limits = { signal: during, silentMs: 30_000 };
      const output = await client.execOut({ ...place, container }, { argv: ['printenv', name] }, limits);
      let said = '';
      for await (const chunk of output.stdout as AsyncIterable<Buffer>) said += chunk.toString('utf8');
      return (await output.ended()).exitCode === 0 ? said.replace(/\n$/, '') : undefined;
    },
    start: (answers, during) => untilAnswers(client, { ...place, container }, answers, during),
    lost: (during) => made.lost(during),
    remove: () => made.remove(),
  };
  return server;
}
