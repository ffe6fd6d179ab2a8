import type { Meta } from '../../domain/kubernetes.ts';
import type { Patch } from '../../domain/kubernetes-client.ts';
import { restartAnnotation } from '../../kubernetes/template-diff.ts';
import type { Workload } from '../pinned-workload.ts';

/** When it was restarted last, as far as its template tells; the empty string: never. */
export const restartedAt = ({ spec }: Workload): string =>
  spec.template.metadata?.annotations?.[restartAnnotation] ?? '';

/** Restarts the very version that was looked at; null: it was never restarted. A write that comes after somebody else's is refused by the API. */
export const restartPatch = ({ uid, resourceVersion }: Meta, at: string | null): Patch => ({
  merge: {
    metadata: { uid, resourceVersion },
    spec: { template: { metadata: { annotations: { [restartAnnotation]: at } } } },
  },
});
