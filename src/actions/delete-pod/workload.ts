import { z } from 'zod';
import { type Action, defineAction } from '../../domain/action.ts';
import type { Clients } from '../../domain/clients.ts';
import type { Permission } from '../../domain/permission.ts';
import type { Target } from '../../domain/target.ts';
import { kubernetesCluster } from '../../kubernetes/cluster.ts';
import { kubernetesKey, parseKubernetesKey } from '../../kubernetes/key.ts';
import { serves, serving } from '../../kubernetes/serving.ts';
import type { PodDigest, WorkloadState } from '../../kubernetes/state.ts';
import { noParams } from '../no-params.ts';
import { on, phraseOf, type WorkloadKind, writeMs } from '../pinned-workload.ts';
import { allGone, type Change, change, evict, evicted, permissions } from './eviction.ts';
import { type Extra, sickPods } from './sick-pods.ts';

const readsPods: Permission = { platform: 'kubernetes', resource: 'pods', verbs: ['list'] };
const extra: z.ZodType<Extra> = z.object({ updateRevision: z.string() });

/** Only a StatefulSet tells of what revision its next pod will be; a pod it was stuck with may be of another. */
async function revisionOf(target: Target, clients: Clients): Promise<Extra> {
  const { cluster, namespace, kind, name } = parseKubernetesKey(target.key);
  if (kind !== 'statefulset') return { updateRevision: '' };
  const found = await kubernetesCluster(cluster, clients).get('statefulsets.apps', { namespace, name });
  return { updateRevision: found?.status?.updateRevision ?? '' };
}

const summaryOf = (state: WorkloadState, pods: readonly PodDigest[]): string => {
  const named = pods.map(({ name, trouble }) => `${name} (${trouble})`).join(', ');
  const [one, ...others] = pods;
  return others.length > 0
    ? `evict ${pods.length} pods of ${phraseOf(state)}: ${named}`
    : `evict pod ${one?.name ?? ''} of ${phraseOf(state)} (${one?.trouble ?? ''})`;
};

/** Evicts pods that hang beside others that are well, or the only one; its controller makes new ones. */
export const deletePodOf = (kind: WorkloadKind): Action =>
  defineAction<undefined, WorkloadState, Change>({
    verb: 'delete-pod',
    on: kind,
    role: 'fix',
    risk: 'low',
    permissions: kind === 'statefulset' ? [on(kind, 'get'), readsPods, ...permissions] : permissions,
    params: noParams,
    change,
    observe: revisionOf,
    plan: ({ target, state, extra: observed }) => {
      const pods = sickPods(state, extra.parse(observed));
      if ('ok' in pods) return pods;
      const { cluster, namespace } = state;
      const keys = pods.map(({ name }) => kubernetesKey({ cluster, namespace, kind: 'pod', name }));
      return [
        {
          summary: summaryOf(state, pods),
          touches: [target.key, ...keys],
          change: {
            cluster,
            namespace,
            pods: pods.map(({ name, uid }) => ({ name, uid })),
            ...(kind === 'statefulset' && { wellBeside: serving(state) }),
          },
          ownTimeMs: writeMs,
        },
      ];
    },
    apply: evict,
    settled: evicted,
    // None, as long as they are as ill as they were.
    takesAway: ({ pods: pinned }, { pods }) =>
      pods.filter((pod) => serves(pod) && pinned.some(({ uid }) => uid === pod.uid)).length,
    verify: ({ state, change: pinned }) => allGone(pinned, state.pods),
  });
