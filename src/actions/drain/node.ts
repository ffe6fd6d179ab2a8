import { z } from 'zod';
import { defineAction, type PlanInput } from '../../domain/action.ts';
import type { Clients } from '../../domain/clients.ts';
import { formatDuration, parseDuration } from '../../domain/duration.ts';
import type { KubernetesClient } from '../../domain/kubernetes-client.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Target } from '../../domain/target.ts';
import { no, type Verdict, yes } from '../../domain/verdict.ts';
import { kubernetesCluster } from '../../kubernetes/cluster.ts';
import { evictInOrder } from '../../kubernetes/evict-in-order.ts';
import { parseKubernetesKey } from '../../kubernetes/key.ts';
import { type MovedPod, movedPods, ownRedisAmong, wellIn } from '../../kubernetes/node-pods.ts';
import { type NodeRoom, type NodeState, roomBeside } from '../../kubernetes/node-state.ts';
import { ourManager } from '../../domain/our-writes.ts';
import {
  isCordoned,
  nodeSettledBy,
  observeRoom,
  pinNode,
  roomOf,
  rooms,
  staysCordoned,
  takeBackCordon,
} from '../pinned-node.ts';
import { writeMs } from '../pinned-workload.ts';
import { beginDrain, drainId } from './begin.ts';
import { type Change, change } from './change.ts';
import { turnOf } from './turn.ts';

const longestMs = 30 * 60_000;
const defaultMs = 5 * 60_000;
/** How soon a disruption budget is asked again, ms. */
const pauseMs = 5_000;
/** How many pods a sentence names. */
const most = 5;

const timeout = z.string().transform((text, ctx) => {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= 1_000 && ms <= longestMs) return ms;
  ctx.addIssue({ code: 'custom', message: 'must be a duration such as 5m, at least 1s and at most 30m' });
  return z.NEVER;
});
const params = z
  .strictObject({ timeout: timeout.optional(), delete_emptydir: z.boolean().optional() })
  .nullish()
  .transform((given) => ({ timeoutMs: given?.timeout ?? defaultMs, deleteEmptyDir: given?.delete_emptydir ?? false }));
type Params = z.infer<typeof params>;

const moved = z.object({
  namespace: z.string(),
  name: z.string(),
  uid: z.string(),
  bare: z.boolean(),
  emptyDirs: z.number(),
  terminating: z.boolean(),
  protectedBecause: z.string(),
  touches: z.string(),
  group: z.string(),
});
const seen = z.object({ nodes: rooms, pods: z.array(moved), well: z.record(z.string(), z.number()) });
type Seen = z.infer<typeof seen>;

const podsOn = (cluster: string, node: string, clients: Clients) =>
  kubernetesCluster(cluster, clients).list('pods', { namespace: '', fieldSelector: `spec.nodeName=${node}` });

async function observe({ key }: Target, clients: Clients) {
  const { cluster, name } = parseKubernetesKey(key);
  const client = kubernetesCluster(cluster, clients);
  const [nodes, pods] = await Promise.all([observeRoom(cluster, clients), podsOn(cluster, name, clients)]);
  const moving = inTurns(movedPods(client, pods, await ownRedisAmong(pods, client, clients.ownRedis)));
  return { nodes, pods: moving, well: await wellNow(moving, client) };
}

/** The first one of each workload, then the second ones: what takes their places gets ready meanwhile. */
function inTurns(pods: readonly MovedPod[]): readonly MovedPod[] {
  const before = new Map<string, number>();
  const turns = pods.map((pod) => {
    const turn = pod.group === '' ? 0 : (before.get(pod.group) ?? 0);
    before.set(pod.group, turn + 1);
    return { pod, turn };
  });
  return turns.toSorted((a, b) => a.turn - b.turn).map(({ pod }) => pod);
}

/** Of those workloads that would lose several pods: how many of their pods are well, wherever they run. */
async function wellNow(pods: readonly MovedPod[], client: KubernetesClient): Promise<Record<string, number>> {
  const several = pods.filter(({ group }, at) => group !== '' && pods.slice(0, at).some((one) => one.group === group));
  const namespaces = [...new Set(several.map(({ namespace }) => namespace))];
  const all = await Promise.all(namespaces.map((namespace) => client.list('pods', { namespace })));
  return Object.fromEntries(several.map(({ group }) => [group, wellIn(group, client.name, all.flat())]));
}

function named(pods: readonly MovedPod[]): string {
  const names = pods.slice(0, most).map(({ namespace, name }) => `${namespace}/${name}`);
  const more = pods.length > most ? ` and ${pods.length - most} more` : '';
  return `pod${pods.length > 1 ? 's' : ''} ${names.join(', ')}${more}`;
}

/** Why the other nodes are not enough, a clause; undefined: they are. */
function noRoom(name: string, nodes: readonly NodeRoom[]): string | undefined {
  const left = roomBeside(name, nodes).length;
  const all = nodes.filter(({ forAll }) => forAll).length;
  if (left === 0) return 'no other node is ready and schedulable, and its pods would have no place';
  return left * 2 < all ? `only ${left} of ${all} nodes would stay ready and schedulable, less than half` : undefined;
}

/** Why it is not drained; undefined: it may be. */
function because(name: string, { nodes, pods }: Seen, { deleteEmptyDir }: Params): string | undefined {
  const full = noRoom(name, nodes);
  if (full !== undefined) return full;
  if (pods.length === 0) return 'no pod runs on it that would move; to keep new ones off there is cordon';
  const stay = pods.filter(({ terminating }) => !terminating);
  const watcher = stay.find((pod) => pod.protectedBecause !== '');
  if (watcher !== undefined)
    return `${named([watcher])} is never acted on: ${watcher.protectedBecause}; drain it by hand`;
  const bare = stay.filter((pod) => pod.bare);
  if (bare.length > 0) return `${named(bare)} would be gone for ever: no controller makes them again`;
  const local = stay.filter(({ emptyDirs }) => emptyDirs > 0);
  if (local.length > 0 && !deleteEmptyDir)
    return `${named(local)} would lose the data in emptyDir volumes; where that may be: drain: {delete_emptydir: true}`;
  return undefined;
}

function plan(input: PlanInput<Params, NodeState>): readonly Plan<Change>[] | Verdict {
  const { target, state, params: given, now } = input;
  const { cluster, name, wrong, cordonedBy } = state;
  const extra = seen.parse(input.extra ?? { nodes: [], pods: [], well: {} });
  const refusal = because(name, extra, given);
  if (refusal !== undefined) return no(`node ${name} is not drained: ${refusal}`);
  const { pods, well } = extra;
  const wasUnschedulable = state.unschedulable && cordonedBy !== ourManager;
  const local = pods.filter(({ emptyDirs }) => emptyDirs > 0).length;
  const why = wrong.length === 0 ? '' : ` (${wrong.join(', ')})`;
  const lost = local === 0 ? '' : `, emptyDir data of ${local} of them is deleted`;
  return [
    {
      summary: `drain node ${name}${why}: cordon it and evict ${pods.length} pod${pods.length > 1 ? 's' : ''} within ${formatDuration(given.timeoutMs)} as budgets allow${lost}; ${staysCordoned}`,
      touches: [target.key, roomOf(cluster), ...new Set(pods.map(({ touches }) => touches))],
      change: {
        ...pinNode(state),
        wasUnschedulable,
        wasIll: wrong.length > 0,
        timeoutMs: given.timeoutMs,
        id: drainId(state.uid, now),
        pods: pods.map(({ namespace, name: podName, uid, group }) => ({ namespace, name: podName, uid, group })),
        well,
      },
      // Of one write: each pins its pod, so nothing has to be waited for before it goes on.
      ownTimeMs: writeMs,
      // A cordon that was there before is not ours to take back.
      ...(!wasUnschedulable && {
        undo: `unless all of them go: uncordon node ${name}, if the cordon is still ours; evicted pods do not come back`,
      }),
    },
  ];
}

/** Cordons a node and moves its pods away, as fast as their disruption budgets allow, in bounded time. */
export const drainNode = defineAction<Params, NodeState, Change>({
  verb: 'drain',
  on: 'node',
  role: 'fix',
  risk: 'high',
  keepsEffect: true,
  permissions: [
    { platform: 'kubernetes', resource: 'nodes', verbs: ['get', 'list', 'patch'] },
    { platform: 'kubernetes', resource: 'pods', verbs: ['get', 'list'] },
    { platform: 'kubernetes', resource: 'services', verbs: ['get', 'list'] },
    { platform: 'kubernetes', resource: 'pods/eviction', verbs: ['create'] },
  ],
  params,
  change,
  observe,
  plan,
  apply: async (pinned, clients, signal) => {
    const { cluster, pods, timeoutMs } = pinned;
    const begun = await beginDrain(pinned, noRoom, clients, signal);
    const patience = { timeoutMs, until: begun + timeoutMs, pauseMs };
    await evictInOrder(pods, kubernetesCluster(cluster, clients), patience, signal, turnOf(pinned, clients, signal));
  },
  settled: (pinned, clients) =>
    nodeSettledBy(pinned, clients, async (node) => {
      if (!isCordoned(node)) return false;
      const here = await podsOn(pinned.cluster, pinned.name, clients);
      const staying = here.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      const there = new Set(staying.map(({ metadata }) => metadata.uid));
      return !pinned.pods.some(({ uid }) => there.has(uid));
    }),
  // No takesAway: a node has no replicas. What it takes of other workloads goes one at a time, the next once as many are
  // well as before, and as their disruption budgets allow.
  undo: async (pinned, clients, signal) => {
    if (!pinned.wasUnschedulable) await takeBackCordon(pinned, clients, signal);
  },
  verify: ({ state: { name, unschedulable, pods }, change: { pods: pinned } }) => {
    if (!unschedulable) return { ...no(`node ${name} is schedulable: somebody has uncordoned it`), certain: true };
    const there = pinned.filter(({ uid }) => pods.includes(uid));
    const [first] = there;
    // Those that still stop are on their way: their grace period may be longer than anybody watches.
    if (first === undefined) return yes(`node ${name} is drained of ${pinned.length} pods`);
    return no(`${there.length} of ${pinned.length} pods are still on node ${name}: ${first.namespace}/${first.name} …`);
  },
});
