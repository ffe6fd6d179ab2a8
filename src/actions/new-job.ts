import { z } from 'zod';
import { ActionError } from '../domain/errors.ts';
import type { KubernetesClient, NewJob, Resources } from '../domain/kubernetes-client.ts';
import { sha256Of } from '../kubernetes/template-diff.ts';

const words = z.record(z.string(), z.string());

/** The very object whose specification the Job gets; its kind is added by whoever pins it. */
export const pinnedSource = { name: z.string().min(1), uid: z.string().min(1) } as const;

/**
 * A Job to be made, as far as it is kept: what it is called, and not what it runs. That may hold secrets in plain words
 * (`env`, `args`, annotations), so it is read from its source again when the Job is made. No `resourceVersion` of the
 * source: each change of its status gives it another one.
 */
export const pinnedJob = {
  cluster: z.string().min(1),
  /** Of both, the Job and its source. */
  namespace: z.string().min(1),
  job: z.strictObject({
    name: z.string().regex(/^[a-z0-9]([-.a-z0-9]{0,61}[a-z0-9])?$/),
    labels: words,
    /** Those that we add. */
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
  /** `sha256Of` the whole Job as it was planned. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
} as const;

interface Pinned {
  readonly cluster: string;
  readonly namespace: string;
  readonly source: { readonly kind: string; readonly name: string; readonly uid: string };
  readonly digest: string;
}

const phraseOf = ({ namespace, source: { kind, name } }: Pinned): string => `${kind} ${namespace}/${name}`;

/** What the Job is made of, as it is now. Throws ActionError, also when it is gone or another one has its name. */
export async function lookAtSource<R extends 'jobs.batch' | 'cronjobs.batch'>(
  api: KubernetesClient,
  resource: R,
  pinned: Pinned,
  signal: AbortSignal,
): Promise<Resources[R]> {
  const { cluster, namespace, source } = pinned;
  const found = await api.get(resource, { namespace, name: source.name }, signal);
  if (found?.metadata.uid === source.uid) return found;
  throw new ActionError(
    `${phraseOf(pinned)} is gone from cluster ${cluster}, or another one has its name: nothing is left to make a job of`,
    'not-found',
    false,
  );
}

/**
 * Makes the Job that was planned: one that was made between our look and our write is the same one, for its name tells
 * what it is. Throws ActionError, `conflict` when it would be another Job by now than the one that was planned.
 */
export async function makeOnce(api: KubernetesClient, pinned: Pinned, job: NewJob, signal: AbortSignal): Promise<void> {
  const { namespace, digest } = pinned;
  if (sha256Of(job) !== digest)
    throw new ActionError(
      `${phraseOf(pinned)} has been changed since this was planned, and job ${namespace}/${job.metadata.name} would be another one than was planned: it is not made`,
      'conflict',
      false,
    );
  try {
    await api.createJob(namespace, job, signal);
  } catch (error) {
    if (!(error instanceof ActionError) || error.reason !== 'conflict') throw error;
  }
}
