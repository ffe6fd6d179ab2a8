import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startKubeApi, type KubeApi } from '../../../test/fakes/kube-api.ts';
import type { Clients } from '../../domain/clients.ts';
import type { Job } from '../../domain/kubernetes.ts';
import { type JobState, jobRun, jobState } from '../../kubernetes/job-state.ts';
import { ownersOf } from '../../kubernetes/owners.ts';
import { rerunJob } from './job.ts';

const signal = new AbortController().signal;
const uid = '3f2a91c0-0000-4000-8000-000000000001';
const target = { kind: 'job', key: 'kubernetes/prod/shop/job/nightly-1', uid };
const failedAt = (at?: string) => ({
  conditions: [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded', lastTransitionTime: at }],
});
const failedNow = failedAt('2026-11-24T02:10:00Z');
const now = Date.parse('2026-11-24T03:05:00Z');
const completeNow = { conditions: [{ type: 'Complete', status: 'True' }] };
const cronOwner = { apiVersion: 'batch/v1', kind: 'CronJob', name: 'nightly', uid: 'cron-uid', controller: true };
const name = 'nightly-1-rerun-3f2a91c0';

let api: KubeApi;
let clients: Clients;
let job: Job;
beforeEach(async () => {
  api = await startKubeApi();
  clients = { docker: new Map(), kubernetes: new Map([['prod', api.client]]) };
  job = put('nightly-1', failedNow, {
    uid,
    creationTimestamp: '2026-11-24T02:00:00Z',
    labels: { team: 'shop', 'job-name': 'nightly-1' },
  });
});
afterEach(() => api.close());

const put = (jobName: string, status: object, meta: object = {}, spec: object = {}): Job =>
  api.put('jobs.batch', {
    metadata: { name: jobName, namespace: 'shop', ...meta },
    spec: {
      backoffLimit: 2,
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } },
      template: {
        metadata: { labels: { app: 'nightly', 'batch.kubernetes.io/controller-uid': uid } },
        spec: {
          restartPolicy: 'Never',
          containers: [{ name: 'main', image: 'x:1', command: ['/bin/run', '$(HOME)'] }],
        },
      },
      ...spec,
    },
    status,
  });
const stateNow = (reruns: readonly Job[] = []): JobState => {
  const found = api.get('jobs.batch', { namespace: 'shop', name: 'nightly-1' }) ?? job;
  return jobState(found, { cluster: 'prod', owners: ownersOf(found.metadata), reruns, troubles: [], now });
};
const answer = async (state = stateNow(), params?: object) =>
  rerunJob.plan({
    target,
    state,
    extra: await rerunJob.observe(target, clients),
    params,
    labels: {},
    now,
  });
const reason = async (state?: JobState, params?: object): Promise<string> => {
  const given = await answer(state, params);
  return 'ok' in given ? given.reason : `planned: ${given.map(({ summary }) => summary).join()}`;
};
/** As if it had been in the store. */
const change = async (): Promise<unknown> => {
  const given = await answer();
  if ('ok' in given) throw new Error(given.reason);
  return JSON.parse(JSON.stringify(given[0]?.change));
};

describe('a plan to run a Job again', () => {
  it('pins the Job to be made, whole, and names what it is', async () => {
    put('nightly-1', failedNow, {
      uid,
      labels: { team: 'shop', 'job-name': 'nightly-1' },
      ownerReferences: [{ ...cronOwner, blockOwnerDeletion: true }],
    });
    api.put('cronjobs.batch', { metadata: { name: 'nightly', namespace: 'shop', uid: 'cron-uid' }, spec: {} });
    expect(await answer()).toEqual([
      {
        summary: `rerun-job job shop/nightly-1 (failed, BackoffLimitExceeded): its work once more, as job ${name}`,
        touches: [target.key],
        ownTimeMs: 5_000,
        change: {
          cluster: 'prod',
          namespace: 'shop',
          name: 'nightly-1',
          uid,
          rerun: {
            metadata: { name, labels: { team: 'shop', 'paramedic.dev/rerun-of': uid }, ownerReferences: [cronOwner] },
            spec: {
              backoffLimit: 2,
              template: {
                metadata: { labels: { app: 'nightly' } },
                spec: {
                  restartPolicy: 'Never',
                  containers: [{ name: 'main', image: 'x:1', command: ['/bin/run', '$(HOME)'] }],
                },
              },
            },
          },
        },
      },
    ]);
    expect(api.writes()).toEqual([]);
  });

  it('leaves the rerun out of the history of a CronJob that keeps none', async () => {
    put('nightly-1', failedNow, { uid, ownerReferences: [cronOwner] });
    api.put('cronjobs.batch', {
      metadata: { name: 'nightly', namespace: 'shop', uid: 'cron-uid' },
      spec: { successfulJobsHistoryLimit: 0 },
    });
    expect(await change()).toMatchObject({
      rerun: { metadata: { ownerReferences: [{ ...cronOwner, controller: false }] } },
    });
  });

  it.each<[string, () => JobState, string]>([
    ['has completed', () => ({ ...stateNow(), phase: 'complete' }), 'it has completed'],
    ['runs', () => ({ ...stateNow(), phase: 'running', troubles: ['y'] }), 'it has not failed, it is still running; y'],
    [
      'is suspended',
      () => ({ ...stateNow(), phase: 'suspended' }),
      'it is suspended; resume it by hand: kubectl patch job, spec.suspend: false',
    ],
    [
      'is a rerun',
      () => ({ ...stateNow(), madeBy: 'rerun-job' }),
      'it is itself the rerun of a Job that failed, and once is enough',
    ],
    [
      'is ours',
      () => ({ ...stateNow(), madeBy: 'run-job' }),
      'run-job started it for a target of its own, which is looked after by itself',
    ],
    ['runs again', () => stateNow([put('r', {})]), 'its rerun r is not done yet'],
    ['was made good', () => stateNow([put('r', completeNow)]), 'its rerun r has completed'],
    [
      'was rerun in vain',
      () => stateNow([put('r', failedNow)]),
      'it was already, once and only once, and its rerun r failed too (BackoffLimitExceeded)',
    ],
    [
      'belongs to an operator',
      () => {
        const volcano = { apiVersion: 'batch.volcano.sh/v1alpha1', kind: 'Job', name: 'train' };
        const owner = { ...volcano, uid: 'v', controller: true };
        put('nightly-1', failedNow, { uid, ownerReferences: [owner] });
        return stateNow();
      },
      'it belongs to Job train (batch.volcano.sh/v1alpha1): change Job train (batch.volcano.sh/v1alpha1) instead, or ask its operator',
    ],
  ])('is not made for one that %s', async (_what, state, because) => {
    expect(await reason(state())).toBe(`job shop/nightly-1 is not run again: ${because}`);
  });

  it.each<[string, object, string | undefined, string]>([
    ['runs', {}, '2026-11-25T02:00:00Z', 'nightly-2, another run of the same CronJob, is not done yet'],
    [
      'completed later',
      completeNow,
      '2026-11-25T02:00:00Z',
      'nightly-2, a later run of the same CronJob, has completed since',
    ],
    ['completed before', completeNow, '2026-11-23T02:00:00Z', ''],
    ['failed later', failedNow, '2026-11-25T02:00:00Z', ''],
  ])('looks at another run of its CronJob, which %s', async (_what, status, creationTimestamp, because) => {
    put('nightly-1', failedNow, { uid, creationTimestamp: '2026-11-24T02:00:00Z', ownerReferences: [cronOwner] });
    put('nightly-2', status, { creationTimestamp, ownerReferences: [cronOwner] });
    put('unrelated', {}, {});
    api.put('cronjobs.batch', { metadata: { name: 'nightly', namespace: 'shop', uid: 'cron-uid' }, spec: {} });
    expect(await reason()).toMatch(because === '' ? /^planned: / : `job shop/nightly-1 is not run again: ${because}`);
  });

  it('is not made for a step of a release', async () => {
    put('nightly-1', failedNow, { uid, annotations: { 'helm.sh/hook': 'pre-upgrade' } });
    expect(await reason()).toBe(
      'job shop/nightly-1 is not run again: it is a step of a release (annotation helm.sh/hook): repeat the release instead',
    );
  });

  it.each<[string | undefined, string]>([
    [
      '2026-11-23T02:04:10Z',
      'it failed 1d1h ago, and after 1h its work may not be wanted any more; run it by hand if it is',
    ],
    [undefined, 'nothing tells when it failed'],
  ])('is not made for one that failed long ago: %s', async (at, because) => {
    put('nightly-1', failedAt(at), { uid });
    expect(await reason()).toBe(`job shop/nightly-1 is not run again: ${because}`);
    expect(await reason(undefined, { even_without_retries: true })).toContain(because);
  });

  it.each<[string, object, string]>([
    ['act', { concurrencyPolicy: 'Forbid' }, 'cronjob nightly has concurrencyPolicy: Forbid, and would'],
    ['act', { concurrencyPolicy: 'Replace' }, 'cronjob nightly has concurrencyPolicy: Replace, and would'],
    ['act', { suspend: true }, 'its cronjob nightly is suspended, and so is its work'],
    ['none', {}, 'its cronjob nightly says hands off (its annotation paramedic.dev/mode is none)'],
    ['act', { concurrencyPolicy: 'Allow', suspend: false }, ''],
  ])('asks for the CronJob: mode %s, %j', async (mode, spec, because) => {
    put('nightly-1', failedNow, { uid, ownerReferences: [cronOwner] });
    const metadata = { name: 'nightly', namespace: 'shop', annotations: { 'paramedic.dev/mode': mode } };
    api.put('cronjobs.batch', { metadata, spec });
    const given = await reason(undefined, { even_without_retries: true });
    expect(given).toContain(because === '' ? 'planned: ' : `job shop/nightly-1 is not run again: ${because}`);
  });

  it('is made for one whose author rules retries out only when the step says so', async () => {
    put('nightly-1', failedNow, { uid }, { backoffLimit: 0 });
    expect(await reason()).toBe(
      'job shop/nightly-1 is not run again: its author says that it is not to be tried again (backoffLimit: 0); where it may be: rerun-job: {even_without_retries: true}',
    );
    expect(await reason(undefined, { even_without_retries: true })).toMatch(/^planned: /);
  });

  it('is not made for one whose name another Job has by now', async () => {
    const state = stateNow();
    put('nightly-1', failedNow, { uid: 'another' });
    expect(await reason(state)).toBe('job shop/nightly-1 is not run again: it is gone');
  });
});

describe('a Job that is run again', () => {
  it('is made once, however often it is applied', async () => {
    const pinned = await change();
    expect(await rerunJob.settled(pinned, clients)).toBe('not-done');
    await rerunJob.apply(pinned, clients, signal);
    await rerunJob.apply(pinned, clients, signal);
    expect(api.writes().map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /apis/batch/v1/namespaces/shop/jobs',
    ]);
    expect(api.get('jobs.batch', { namespace: 'shop', name })?.metadata.labels?.['paramedic.dev/rerun-of']).toBe(uid);
    expect(await rerunJob.settled(pinned, clients)).toBe('done');
  });

  it('is made once by two at the same time', async () => {
    const pinned = await change();
    await Promise.all([rerunJob.apply(pinned, clients, signal), rerunJob.apply(pinned, clients, signal)]);
    expect(await api.client.list('jobs.batch', { namespace: 'shop' })).toHaveLength(2);
  });

  it('is there though the answer was lost, and is not made again', async () => {
    const pinned = await change();
    api.fault({ kind: 'reset', afterEffect: true, matches: ({ method }) => method === 'POST' });
    await expect(rerunJob.apply(pinned, clients, signal)).rejects.toMatchObject({ retryable: true });
    expect(await rerunJob.settled(pinned, clients)).toBe('done');
    await rerunJob.apply(pinned, clients, signal);
    expect(api.writes()).toHaveLength(1);
  });

  it('is not made for a Job that is gone meanwhile, nor over another one', async () => {
    const pinned = await change();
    put(name, {});
    await expect(rerunJob.apply(pinned, clients, signal)).rejects.toMatchObject({
      reason: 'conflict',
      retryable: false,
    });
    expect(await rerunJob.settled(pinned, clients)).toBe('not-done');
    api.remove('jobs.batch', { namespace: 'shop', name });
    api.remove('jobs.batch', { namespace: 'shop', name: 'nightly-1' });
    await expect(rerunJob.apply(pinned, clients, signal)).rejects.toMatchObject({
      reason: 'not-found',
      retryable: false,
    });
    expect(api.writes()).toEqual([]);
  });

  it('may be there or not while nobody answers', async () => {
    const pinned = await change();
    api.fault({ kind: '500', times: 99 });
    expect(await rerunJob.settled(pinned, clients)).toBe('unknown');
  });

  it.each<[object | undefined, object]>([
    [undefined, { ok: false, reason: `rerun ${name} has not begun yet` }],
    [{}, { ok: false, reason: `rerun ${name} is still running` }],
    [completeNow, { ok: true, reason: `rerun ${name} has completed` }],
    [failedNow, { ok: false, certain: true, reason: `rerun ${name} failed too (BackoffLimitExceeded)` }],
  ])('is judged by its end: %j', async (status, verdict) => {
    const pinned = await change();
    const rerun = status && jobRun(put(name, status));
    const state = { ...stateNow(), ...(rerun && { rerun }) };
    expect(rerunJob.verify({ before: stateNow(), state, change: pinned })).toEqual(verdict);
  });

  it('is never made of a change that is not its own', () => {
    expect(() =>
      rerunJob.apply({ cluster: 'prod', namespace: 'shop', name: 'x', uid, rerun: {} }, clients, signal),
    ).toThrow();
  });
});
