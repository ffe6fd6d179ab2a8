import { createHash } from 'node:crypto';
import type { Clients } from '../../../domain/clients.ts';
import type { CommandEnd } from '../../../domain/docker-streams.ts';
import { drillName } from '../../../domain/drill-things.ts';
import { ActionError } from '../../../domain/errors.ts';
import type { KubernetesClient, Place } from '../../../domain/kubernetes-client.ts';
import type { PodPlace } from '../../../domain/pod-streams.ts';
import { kubernetesCluster } from '../../../kubernetes/cluster.ts';
import { parseKubernetesKey } from '../../../kubernetes/key.ts';
import { orRemoved } from '../../drill-container.ts';
import { deadlineOf } from '../../drill-pod.ts';
import { roomFor } from '../../drill-room.ts';
import { runBeside } from '../../drill-server.ts';
import { ownPod, untilAnswers } from '../../own-pod.ts';
import { podLike } from '../../pod-like.ts';
import type { RunningServer } from '../../running-server.ts';
import type { ClaimUser } from './claim-users.ts';
import { afterExchange } from './exchange.ts';

/** As process 1, `sleep` itself would not hear it. */
const untilTold = 'trap "exit 0" TERM; sleep "$1" & wait';
const claimPath = '/paramedic-claim';

export interface ClaimAt {
  readonly client: KubernetesClient;
  readonly place: Place;
}

/** Throws ActionError when its cluster is not configured. */
export function claimAt(key: string, clients: Clients): ClaimAt {
  const { cluster, namespace, name } = parseKubernetesKey(key);
  return { client: kubernetesCluster(cluster, clients), place: { namespace, name } };
}

/** What the pod is called that a claim is brought back by: there is one of that name, so one restore at a time. */
export const restorePodOf = ({ name }: Place): string => drillName(createHash('sha256').update(name).digest());

export interface FilesPod extends Pick<RunningServer, 'execOut' | 'execIn'> {
  /** `pod shop/paramedic-drill-0123456789ab` */
  readonly name: string;
  /** Where it has the files. */
  readonly path: string;
  run(argv: readonly [string, ...string[]], signal: AbortSignal): Promise<CommandEnd>;
  /** As in `Scratch`. */
  lost(signal: AbortSignal): Promise<string | undefined>;
  remove(): Promise<void>;
}

/**
 * A pod of ours that runs nothing, and has the files of a claim, or none yet, at its `path`: as the container of a pod that
 * uses it, or of an image. Once it runs. Throws ActionError.
 */
export async function filesPod(
  { client, place }: ClaimAt,
  options: {
    /** The id of the run that it is for. */
    readonly drill: string;
    readonly timeoutMs: number;
    /** As in `ScratchOptions`. */
    readonly bytes?: number | undefined;
    readonly users: readonly ClaimUser[];
    readonly image: string | undefined;
    /** Absent: an empty folder that goes with it. */
    readonly claim?: { readonly isReadOnly: true; readonly node?: string } | { readonly isReadOnly: false };
  },
  signal: AbortSignal,
): Promise<FilesPod> {
  const { drill, timeoutMs, bytes, users, image, claim } = options;
  const { namespace, name } = place;
  const { pod, container } = likeness(place, users[0], image);
  const deadlineS = deadlineOf(timeoutMs);
  const room = roomFor(bytes);
  const isWriter = claim?.isReadOnly === false;
  const volume =
    claim === undefined
      ? { emptyDir: { sizeLimit: String(room.most) } }
      : { persistentVolumeClaim: { claimName: name } };
  const made = await ownPod(
    client,
    { namespace, drill, ...(isWriter && { name: restorePodOf(place) }) },
    (labels) =>
      podLike(pod, container, {
        labels,
        deadlineS,
        room,
        argv: isWriter ? ['sh', '-c', untilTold, 'sh', String(deadlineS)] : ['sleep', String(deadlineS)],
        ...(isWriter && { ending: { argv: ['sh', '-c', afterExchange, 'sh', claimPath], atMostS: 30 } }),
        // A claim is mounted as all users of it do, and only this mount is read-only: drivers refuse other ways.
        only: { volume, path: claimPath, isReadOnly: claim?.isReadOnly === true },
        ...(claim?.isReadOnly === true && claim.node !== undefined && { node: claim.node }),
      }),
    signal,
  );
  const at: PodPlace = { ...made.place, container };
  const execs: Pick<RunningServer, 'execOut' | 'execIn'> = {
    execOut: (command, limits) => client.execOut(at, command, limits),
    execIn: (command, stdin, limits) => client.execIn(at, command, stdin, limits),
  };
  await orRemoved(made, () => untilAnswers(client, at, async () => true, signal));
  return {
    ...execs,
    name: `pod ${at.namespace}/${at.name}`,
    path: claimPath,
    run: (argv, during) => runBeside(execs, { argv }, during),
    lost: (during) => made.lost(during),
    remove: () => made.remove(),
  };
}

export const noImage = ({ namespace, name }: Place): string =>
  `no pod uses claim ${namespace}/${name}, and without one there is no image to reach it by; name one as "image"`;

function likeness({ namespace, name }: Place, user: ClaimUser | undefined, image: string | undefined): ClaimUser {
  if (user !== undefined && image === undefined) return user;
  if (image === undefined) throw new ActionError(noImage({ namespace, name }), 'not-found', false);
  const container = 'files';
  const metadata = { name, namespace, uid: '', resourceVersion: '' };
  return { pod: { metadata, spec: { containers: [{ name: container, image }] } }, container };
}
