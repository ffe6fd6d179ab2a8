import { z } from 'zod';
import { pinnedNode } from '../pinned-node.ts';

/** What a drain is going to do. */
export const change = z.strictObject({
  ...pinnedNode,
  /** Somebody else cordoned it before: then that is not ours to take back. What a drain of ours has left behind is. */
  wasUnschedulable: z.boolean(),
  /** Something showed to be wrong with it: once nothing does, the pods that are still there may stay. */
  wasIll: z.boolean(),
  /** How long it may take from when it is begun, ms: a human may be asked before, so the plan has no end of its own. */
  timeoutMs: z.number().int().positive(),
  /** Tells it from any other drain of the node: the node carries it, with when it was begun. No time of its own. */
  id: z.string().regex(/^[0-9a-f]{10}$/),
  pods: z.array(
    z.strictObject({
      namespace: z.string().min(1),
      name: z.string().min(1),
      uid: z.string().min(1),
      /** As in `MovedPod`. */
      group: z.string(),
    }),
  ),
  /** Group → how many of its pods were well, in the whole cluster; of the groups with several pods here. */
  well: z.record(z.string(), z.number().int().nonnegative()),
});
export type Change = z.infer<typeof change>;
