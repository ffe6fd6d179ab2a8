import { z } from 'zod';
import { defineAction, type PlanInput } from '../../domain/action.ts';
import type { Clients } from '../../domain/clients.ts';
import { formatDuration, parseDuration } from '../../domain/duration.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Target } from '../../domain/target.ts';
import { no, type Verdict, yes } from '../../domain/verdict.ts';
import { kubernetesCluster } from '../../kubernetes/cluster.ts';
import { evictInOrder } from '../../kubernetes/evict-in-order.ts';
import { parseKubernetesKey } from '../../kubernetes/key.ts';
import { type MovedPod, movedPods } from '../../kubernetes/node-pods.ts';
import { type NodeState, roomBeside } from '../../kubernetes/node-state.ts';
import {
  isCordoned,
  nodeSettledBy,
  observeRoom,
  pinNode,
  pinnedNode,
  rooms,
  setCordoned,
  staysCordoned,
  takeBackCordon,
} from '../pinned-node.ts';
import { writeMs } from '../pinned-workload.ts';

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

const change = z.strictObject({
  ...pinnedNode,
  /** It was cordoned before: then that is not ours to take back. */
  wasUnschedulable: z.boolean(),
  timeoutMs: z.number().int().positive(),
  /** When it has to be over, ms since the epoch, however often it is begun again. */
  until: z.number().int().positive(),
  pods: z.array(z.strictObject({ namespace: z.string().min(1), name: z.string().min(1), uid: z.string().min(1) })),
});
type Change = z.infer<typeof change>;

const moved = z.object({
  namespace: z.string(),
  name: z.string(),
  uid: z.string(),
  bare: z.boolean(),
  emptyDirs: z.number(),
  terminating: z.boolean(),
  protectedBecause: z.string(),
  touches: z.string(),
});
const seen = z.object({ nodes: rooms, pods: z.array(moved) });
type Seen = z.infer<typeof seen>;

const podsOn = (cluster: string, node: string, clients: Clients) =>
  kubernetesCluster(cluster, clients).list('pods', { namespace: '', fieldSelector: `spec.nodeName=${node}` });

async function observe({ key }: Target, clients: Clients) {
  const { cluster, name } = parseKubernetesKey(key);
  const client = kubernetesCluster(cluster, clients);
  const [nodes, pods] = await Promise.all([observeRoom(cluster, clients), podsOn(cluster, name, clients)]);
  return { nodes, pods: movedPods(client, pods) };
}

function named(pods: readonly MovedPod[]): string {
  const names = pods.slice(0, most).map(({ namespace, name }) => `${namespace}/${name}`);
  const more = pods.length > most ? ` and ${pods.length - most} more` : '';
  return `pod${pods.length > 1 ? 's' : ''} ${names.join(', ')}${more}`;
}

/** Why it is not drained; undefined: it may be. */
function because(name: string, { nodes, pods }: Seen, { deleteEmptyDir }: Params): string | undefined {
  const left = roomBeside(name, nodes).length;
  const all = nodes.filter(({ forAll }) => forAll).length;
  if (left === 0) return 'no other node is ready and schedulable, and its pods would have no place';
  if (left * 2 < all) return `only ${left} of ${all} nodes would stay ready and schedulable, less than half`;
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
  const { name, wrong, unschedulable } = state;
  const extra = seen.parse(input.extra ?? { nodes: [], pods: [] });
  const refusal = because(name, extra, given);
  if (refusal !== undefined) return no(`node ${name} is not drained: ${refusal}`);
  const { pods } = extra;
  const local = pods.filter(({ emptyDirs }) => emptyDirs > 0).length;
  const why = wrong.length === 0 ? '' : ` (${wrong.join(', ')})`;
  const lost = local === 0 ? '' : `, emptyDir data of ${local} of them is deleted`;
  return [
    {
      summary: `drain node ${name}${why}: cordon it and evict ${pods.length} pod${pods.length > 1 ? 's' : ''} within ${formatDuration(given.timeoutMs)} as budgets allow${lost}; ${staysCordoned}`,
      touches: [target.key, ...new Set(pods.map(({ touches }) => touches))],
      change: {
        ...pinNode(state),
        wasUnschedulable: unschedulable,
        timeoutMs: given.timeoutMs,
        until: now + given.timeoutMs,
        pods: pods.map((pod) => ({ namespace: pod.namespace, name: pod.name, uid: pod.uid })),
      },
      // Of one write: each pins its pod, so nothing has to be waited for before it goes on.
      ownTimeMs: writeMs,
      // A cordon that was there before is not ours to take back.
      ...(!unschedulable && {
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
    { platform: 'kubernetes', resource: 'pods', verbs: ['list'] },
    { platform: 'kubernetes', resource: 'pods/eviction', verbs: ['create'] },
  ],
  params,
  change,
  observe,
  plan,
  apply: async (pinned, clients, signal) => {
    const { cluster, pods, timeoutMs, until } = pinned;
    // Too late, it changes nothing any more, and says so.
    if (Date.now() < until) await setCordoned(pinned, true, clients, signal);
    await evictInOrder(pods, kubernetesCluster(cluster, clients), { timeoutMs, until, pauseMs }, signal);
  },
  settled: (pinned, clients) =>
    nodeSettledBy(pinned, clients, async (node) => {
      if (!isCordoned(node)) return false;
      const there = new Set((await podsOn(pinned.cluster, pinned.name, clients)).map(({ metadata }) => metadata.uid));
      return !pinned.pods.some(({ uid }) => there.has(uid));
    }),
  undo: async (pinned, clients, signal) => {
    if (!pinned.wasUnschedulable) await takeBackCordon(pinned, clients, signal);
  },
  verify: ({ state: { name, unschedulable, pods }, change: { pods: pinned } }) => {
    if (!unschedulable) return { ...no(`node ${name} is schedulable: somebody has uncordoned it`), certain: true };
    const there = pinned.filter(({ uid }) => pods.includes(uid));
    const [first] = there;
    if (first === undefined) return yes(`node ${name} is drained of ${pinned.length} pods`);
    return no(`${there.length} of ${pinned.length} pods are still on node ${name}: ${first.namespace}/${first.name} …`);
  },
});
