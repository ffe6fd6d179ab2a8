import { z } from 'zod';
import { ActionError } from '../domain/errors.ts';
import type { KubernetesClient, NewJob } from '../domain/kubernetes-client.ts';

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

/** Makes a Job whose name tells what it is: one that was made between our look and our write is the same one. */
export async function makeOnce(
  api: KubernetesClient,
  namespace: string,
  job: NewJob,
  signal: AbortSignal,
): Promise<void> {
  try {
    await api.createJob(namespace, job, signal);
  } catch (error) {
    if (!(error instanceof ActionError) || error.reason !== 'conflict') throw error;
  }
}
