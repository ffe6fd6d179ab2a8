import { z } from 'zod';
import { defineAction, type PlanInput } from '../../domain/action.ts';
import type { Plan } from '../../domain/plan.ts';
import { no, type Verdict, yes } from '../../domain/verdict.ts';
import { parseKubernetesKey } from '../../kubernetes/key.ts';
import { type NodeRoom, type NodeState, roomBeside } from '../../kubernetes/node-state.ts';
import { noParams } from '../no-params.ts';
import {
  cordonBesides,
  isCordoned,
  nodeSettledBy,
  observeRoom,
  pinNode,
  pinnedNode,
  roomOf,
  rooms,
  staysCordoned,
  takeBackCordon,
} from '../pinned-node.ts';
import { writeMs } from '../pinned-workload.ts';

const change = z.strictObject(pinnedNode);
type Change = z.infer<typeof change>;

const noRoom = (name: string, nodes: readonly NodeRoom[]): string | undefined =>
  roomBeside(name, nodes).length === 0
    ? 'no other node is ready and schedulable, and new pods would have no place'
    : undefined;

function plan({ target, state, extra }: PlanInput<undefined, NodeState>): readonly Plan<Change>[] | Verdict {
  const { cluster, name, unschedulable, wrong } = state;
  if (unschedulable) return no(`node ${name} is not cordoned: it is cordoned already`);
  const nodes = rooms.parse(extra ?? []);
  const because = noRoom(name, nodes);
  if (because !== undefined) return no(`node ${name} is not cordoned: ${because}`);
  const left = roomBeside(name, nodes).length;
  const why = wrong.length === 0 ? '' : ` (${wrong.join(', ')})`;
  return [
    {
      summary: `cordon node ${name}${why}: no new pods on it, ${left} other node${left > 1 ? 's' : ''} left for them; ${staysCordoned}`,
      touches: [target.key, roomOf(cluster)],
      change: pinNode(state),
      ownTimeMs: writeMs,
      undo: `uncordon node ${name}, if the cordon is still ours`,
    },
  ];
}

/** Keeps new pods off a node; those that run there stay. */
export const cordonNode = defineAction<undefined, NodeState, Change>({
  verb: 'cordon',
  on: 'node',
  role: 'fix',
  risk: 'high',
  keepsEffect: true,
  permissions: [{ platform: 'kubernetes', resource: 'nodes', verbs: ['get', 'list', 'patch'] }],
  params: noParams,
  change,
  observe: ({ key }, clients) => observeRoom(parseKubernetesKey(key).cluster, clients),
  plan,
  apply: (pinned, clients, signal) => cordonBesides(pinned, noRoom, clients, signal),
  settled: (pinned, clients) => nodeSettledBy(pinned, clients, isCordoned),
  undo: takeBackCordon,
  verify: ({ state: { name, unschedulable } }) =>
    unschedulable
      ? yes(`node ${name} is cordoned`)
      : { ...no(`node ${name} is schedulable: somebody has uncordoned it`), certain: true },
});
