import { z } from 'zod';
import { defineAction, type PlanInput } from '../../domain/action.ts';
import type { Plan } from '../../domain/plan.ts';
import { no, type Verdict, yes } from '../../domain/verdict.ts';
import type { NodeState } from '../../kubernetes/node-state.ts';
import { ourManager } from '../../domain/our-writes.ts';
import { isCordoned, nodeSettledBy, pinNode, pinnedNode, uncordonOf } from '../pinned-node.ts';
import { writeMs } from '../pinned-workload.ts';

const params = z
  .strictObject({ whoever_cordoned: z.boolean().optional() })
  .nullish()
  .transform((given) => ({ whoeverCordoned: given?.whoever_cordoned ?? false }));
type Params = z.infer<typeof params>;

const change = z.strictObject({
  ...pinnedNode,
  /** The field manager whose cordon it is to take away; empty: none is known. */
  cordonedBy: z.string(),
});
type Change = z.infer<typeof change>;

function plan({ target, state, params: given }: PlanInput<Params, NodeState>): readonly Plan<Change>[] | Verdict {
  const { name, unschedulable, wrong, leaving, cordonedBy } = state;
  const not = (because: string): Verdict => no(`node ${name} is not uncordoned: ${because}`);
  if (!unschedulable) return not('it is not cordoned');
  if (leaving !== '') return not(`an autoscaler is taking it away (taint ${leaving})`);
  if (wrong.length > 0) return not(`it is ill (${wrong.join(', ')}), and new pods would not run there`);
  if (cordonedBy !== ourManager && !given.whoeverCordoned) {
    const whose = cordonedBy === '' ? 'nothing tells who cordoned it' : `${cordonedBy} cordoned it, not Paramedic`;
    return not(`${whose}, and may need it so; where any cordon may go: uncordon: {whoever_cordoned: true}`);
  }
  const by = cordonedBy === '' ? '' : ` (cordoned by ${cordonedBy})`;
  return [
    {
      summary: `uncordon node ${name}${by}: new pods may run on it again`,
      touches: [target.key],
      change: { ...pinNode(state), cordonedBy },
      ownTimeMs: writeMs,
    },
  ];
}

/** Lets new pods onto a healthy node again. */
export const uncordonNode = defineAction<Params, NodeState, Change>({
  verb: 'uncordon',
  on: 'node',
  role: 'fix',
  risk: 'low',
  permissions: [{ platform: 'kubernetes', resource: 'nodes', verbs: ['get', 'patch'] }],
  params,
  change,
  plan,
  apply: (pinned, clients, signal) => uncordonOf(pinned, clients, signal),
  settled: (pinned, clients) => nodeSettledBy(pinned, clients, (node) => !isCordoned(node)),
  verify: ({ state: { name, unschedulable, cordonedBy } }) =>
    unschedulable
      ? { ...no(`node ${name} is cordoned again${cordonedBy === '' ? '' : ` by ${cordonedBy}`}`), certain: true }
      : yes(`node ${name} is schedulable`),
});
