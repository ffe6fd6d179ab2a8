import { rerunJob } from '../../src/actions/rerun-job/job.ts';
import type { Clients } from '../../src/domain/clients.ts';
import type { Job } from '../../src/domain/kubernetes.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { Verdict } from '../../src/domain/verdict.ts';
import { type JobState, jobState } from '../../src/kubernetes/job-state.ts';
import { ownersOf } from '../../src/kubernetes/owners.ts';
import { type KubeApi, startKubeApi } from './kube-api.ts';

const uid = '3f2a91c0-0000-4000-8000-000000000001';
const key = { namespace: 'shop', name: 'nightly-1' };
const now = Date.parse('2026-11-24T03:05:00Z');
export const target = { kind: 'job', key: 'kubernetes/prod/shop/job/nightly-1', uid };
/** What its rerun is called. */
export const rerunName = 'nightly-1-rerun-3f2a91c0';

export const failedAt = (at?: string) => ({
  conditions: [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded', lastTransitionTime: at }],
});
export const failedNow = failedAt('2026-11-24T02:10:00Z');
export const completeNow = { conditions: [{ type: 'Complete', status: 'True' }] };
/** Its metadata. */
export const meta = {
  uid,
  creationTimestamp: '2026-11-24T02:00:00Z',
  labels: { team: 'shop', 'job-name': 'nightly-1' },
};

/** In a variable, an argument and an annotation of it. */
export const secret = 'hunter2-secret';
const containers = [
  {
    name: 'main',
    image: 'x:1',
    command: ['/bin/run', '$(HOME)'],
    args: [`--password=${secret}`],
    env: [{ name: 'DB_PASSWORD', value: secret }],
  },
];
const annotations = { 'shop/token': secret };
/** What a rerun of it runs. */
export const rerunSpec = {
  backoffLimit: 2,
  template: { metadata: { labels: { app: 'nightly' }, annotations }, spec: { restartPolicy: 'Never', containers } },
};

/** Job shop/nightly-1, which has failed, in a cluster's API, and what `rerun-job` makes of it. */
export interface FailedJob {
  readonly api: KubeApi;
  readonly clients: Clients;
  /** Stores a Job that runs the same. */
  put(name: string, status: object, metadata?: object, spec?: object): Job;
  /** Also when it is gone by now. */
  state(reruns?: readonly Job[]): JobState;
  answer(state?: JobState, params?: object): Promise<readonly Plan[] | Verdict>;
  /** Of its plan, as if it had been in the store. */
  change(): Promise<unknown>;
}

export async function startFailedJob(): Promise<FailedJob> {
  const api = await startKubeApi();
  const clients: Clients = { docker: new Map(), kubernetes: new Map([['prod', api.client]]) };
  const ofPods = { 'batch.kubernetes.io/controller-uid': uid };
  const put: FailedJob['put'] = (name, status, metadata = {}, spec = {}) =>
    api.put('jobs.batch', {
      metadata: { name, namespace: 'shop', ...metadata },
      spec: {
        backoffLimit: 2,
        selector: { matchLabels: ofPods },
        template: {
          metadata: { labels: { app: 'nightly', ...ofPods }, annotations },
          spec: { restartPolicy: 'Never', containers },
        },
        ...spec,
      },
      status,
    });
  const job = put('nightly-1', failedNow, meta);
  const state: FailedJob['state'] = (reruns = []) => {
    const found = api.get('jobs.batch', key) ?? job;
    return jobState(found, { cluster: 'prod', owners: ownersOf(found.metadata), reruns, troubles: [], now });
  };
  const answer: FailedJob['answer'] = async (given = state(), params?: object) => {
    const extra = await rerunJob.observe(target, clients);
    return rerunJob.plan({ target, state: given, extra, params, labels: {}, now });
  };
  const change: FailedJob['change'] = async () => {
    const given = await answer();
    if ('ok' in given) throw new Error(given.reason);
    return JSON.parse(JSON.stringify(given[0]?.change));
  };
  return { api, clients, put, state, answer, change };
}
