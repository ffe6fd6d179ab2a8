import { z } from 'zod';
import { pinnedNode } from '../pinned-node.ts';

/** What a drain is going to do. */
export const change = z.strictObject({
  ...pinnedNode,
  /** Somebody else cordoned it before: then that is not ours to take back. What a drain of ours has left behind is. */
  wasUnschedulable: z.boolean(),
  /** Something showed to be wrong with it: once nothing does, the pods that are still there may stay. */
  wasIll: z.boolean(),
  timeoutMs: z.number().int().positive(),
  /** When it has to be over, ms since the epoch, however often it is begun again. */
  until: z.number().int().positive(),
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
