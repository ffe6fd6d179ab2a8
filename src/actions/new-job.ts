import { z } from 'zod';

const words = z.record(z.string(), z.string());

/** Where a Job is, or is going to be. */
export const pinnedPlace = {
  cluster: z.string().min(1),
  namespace: z.string().min(1),
  name: z.string().min(1),
} as const;

/** A Job to be made, whole: what is not in it here is not sent. */
export const newJob = z.strictObject({
  metadata: z.strictObject({
    name: z.string().regex(/^[a-z0-9]([-.a-z0-9]{0,61}[a-z0-9])?$/),
    labels: words.exactOptional(),
    annotations: words.exactOptional(),
    ownerReferences: z
      .array(
        z.strictObject({
          apiVersion: z.string(),
          kind: z.string(),
          name: z.string(),
          uid: z.string(),
          controller: z.boolean().exactOptional(),
        }),
      )
      .readonly()
      .exactOptional(),
  }),
  spec: z.record(z.string(), z.unknown()),
});
