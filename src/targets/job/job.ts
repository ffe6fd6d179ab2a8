import type { Clients } from '../../domain/clients.ts';
import type { Target, TargetKind } from '../../domain/target.ts';
import { kubernetesCluster } from '../../kubernetes/cluster.ts';
import { confirmKubernetes } from '../../kubernetes/confirm.ts';
import { allowedBy } from '../../kubernetes/hands-off.ts';
import { deletedJobState, type JobState, jobState, jobSymptoms } from '../../kubernetes/job-state.ts';
import { parseKubernetesKey } from '../../kubernetes/key.ts';
import { rerunOf } from '../../kubernetes/new-job.ts';
import { ownersOf } from '../../kubernetes/owners.ts';
import { podDigest } from '../../kubernetes/pod-digest.ts';
import { resolveKubernetes } from '../../kubernetes/resolve.ts';

/** A Job: well when it has completed, runs without trouble, or failed and was made good by a rerun. */
export const job: TargetKind<JobState> = {
  kind: 'job',
  platform: 'kubernetes',
  permissions: [
    { platform: 'kubernetes', resource: 'jobs.batch', verbs: ['get', 'list'] },
    { platform: 'kubernetes', resource: 'pods', verbs: ['list'] },
  ],
  resolve: resolveKubernetes('job'),
  confirm: confirmKubernetes,
  observe,
  symptoms: jobSymptoms,
  mode: allowedBy,
  instance: ({ uid, rerun }) => `${uid} ${rerun?.uid ?? ''}`,
  // A run that failed was not cut off by its own weakness only: how long it lasted says nothing of the next one.
  lastLifetimeMs: () => undefined,
  unsettled: ({ phase, startedAt }, now, windowMs) => phase === 'running' && startedAt > now - windowMs,
  showsOnObject: true,
};

async function observe(target: Target, clients: Clients, signal?: AbortSignal): Promise<JobState | undefined> {
  const { cluster, namespace, name } = parseKubernetesKey(target.key);
  const api = kubernetesCluster(cluster, clients);
  const found = await api.get('jobs.batch', { namespace, name }, signal);
  const own =
    found !== undefined && (target.uid === undefined || found.metadata.uid === target.uid) ? found : undefined;
  const uid = own?.metadata.uid ?? target.uid;
  if (uid === undefined) return undefined;
  const ended = own?.status?.conditions?.some(
    ({ type, status }) => /^(Complete|Failed)$/.test(type) && status === 'True',
  );
  // Only what has failed is run again, and only what runs has pods to look at.
  const reruns =
    own !== undefined && ended !== true
      ? []
      : await api.list('jobs.batch', { namespace, labelSelector: `${rerunOf}=${uid}` }, signal);
  const [rerun] = reruns;
  if (own === undefined) return rerun && deletedJobState({ cluster, namespace, name, uid }, rerun);
  const labelSelector = `batch.kubernetes.io/controller-uid=${uid}`;
  const pods = ended === true ? [] : await api.list('pods', { namespace, labelSelector }, signal);
  const troubles = pods
    // One that failed is followed by another one for as long as the Job has patience; then the Job fails itself.
    .filter(({ status }) => status?.phase !== 'Failed')
    .map((pod) => podDigest(pod))
    .filter(({ trouble }) => trouble !== '')
    .map((pod) => `pod ${pod.name}: ${pod.trouble}`)
    .toSorted();
  return jobState(own, { cluster, owners: ownersOf(own.metadata), reruns, troubles, now: Date.now() });
}
