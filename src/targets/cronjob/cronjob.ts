import type { TargetKind } from '../../domain/target.ts';
import { kubernetesCluster } from '../../kubernetes/cluster.ts';
import { confirmKubernetes } from '../../kubernetes/confirm.ts';
import { allowedBy } from '../../kubernetes/hands-off.ts';
import { parseKubernetesKey } from '../../kubernetes/key.ts';
import { resolveKubernetes } from '../../kubernetes/resolve.ts';
import { type CronJobState, cronJobState, symptoms } from './state.ts';

/** A CronJob: well when it is not suspended and its last run did not fail. */
export const cronjob: TargetKind<CronJobState> = {
  kind: 'cronjob',
  platform: 'kubernetes',
  permissions: [
    { platform: 'kubernetes', resource: 'cronjobs.batch', verbs: ['get'] },
    { platform: 'kubernetes', resource: 'jobs.batch', verbs: ['list'] },
  ],
  resolve: resolveKubernetes('cronjob'),
  confirm: confirmKubernetes,
  observe: async (target, clients, signal) => {
    const { cluster, namespace, name } = parseKubernetesKey(target.key);
    const api = kubernetesCluster(cluster, clients);
    const found = await api.get('cronjobs.batch', { namespace, name }, signal);
    if (found === undefined || (target.uid !== undefined && found.metadata.uid !== target.uid)) return undefined;
    return cronJobState(cluster, found, await api.list('jobs.batch', { namespace }, signal));
  },
  symptoms,
  mode: allowedBy,
  instance: ({ uid, last }) => `${uid} ${last?.uid ?? ''}`,
  lastLifetimeMs: () => undefined,
  unsettled: ({ last }, now, windowMs) => last !== undefined && last.endedAt > now - windowMs,
  showsOnObject: true,
};
