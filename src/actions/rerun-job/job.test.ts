import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  completeNow,
  failedAt,
  type FailedJob,
  failedNow,
  meta,
  rerunName as name,
  rerunSpec,
  secret,
  startFailedJob,
  target,
} from '../../../test/fakes/failed-job.ts';
import type { KubeApi } from '../../../test/fakes/kube-api.ts';
import type { JobState } from '../../kubernetes/job-state.ts';
import { sha256Of } from '../../kubernetes/template-diff.ts';

const { uid } = target;
const cronOwner = { apiVersion: 'batch/v1', kind: 'CronJob', name: 'nightly', uid: 'cron-uid', controller: true };

let api: KubeApi;
let put: FailedJob['put'];
let stateNow: FailedJob['state'];
let answer: FailedJob['answer'];
let change: FailedJob['change'];
beforeEach(async () => {
  ({ api, put, state: stateNow, answer, change } = await startFailedJob());
});
afterEach(() => api.close());

const reason = async (state?: JobState, params?: object): Promise<string> => {
  const given = await answer(state, params);
  return 'ok' in given ? given.reason : `planned: ${given.map(({ summary }) => summary).join()}`;
};

describe('a plan to run a Job again', () => {
  it('pins the Job to be made, by a digest what it runs, and names what it is', async () => {
    put('nightly-1', failedNow, {
      uid,
      labels: { team: 'shop', 'job-name': 'nightly-1' },
      ownerReferences: [{ ...cronOwner, blockOwnerDeletion: true }],
    });
    api.put('cronjobs.batch', { metadata: { name: 'nightly', namespace: 'shop', uid: 'cron-uid' }, spec: {} });
    const metadata = {
      name,
      labels: { team: 'shop', 'paramedic.dev/rerun-of': uid },
      ownerReferences: [cronOwner],
    };
    expect(await answer()).toEqual([
      {
        summary: `rerun-job job shop/nightly-1 (failed, BackoffLimitExceeded): its work once more, as job ${name}`,
        touches: [target.key],
        ownTimeMs: 5_000,
        change: {
          cluster: 'prod',
          namespace: 'shop',
          source: { kind: 'job', name: 'nightly-1', uid },
          job: metadata,
          digest: sha256Of({ metadata, spec: rerunSpec }),
        },
      },
    ]);
    expect(api.writes()).toEqual([]);
  });

  it('holds nothing of what the Job runs, for that may be a secret', async () => {
    const planned = JSON.stringify([await answer(), stateNow()]);
    expect(planned).toContain(name);
    for (const word of [secret, 'DB_PASSWORD', '/bin/run', 'shop/token']) expect(planned).not.toContain(word);
  });

  it('is the same one for the same Job, whatever its status and its version, and another one for another Job', async () => {
    const first = JSON.stringify(await change());
    const { resourceVersion } = put('nightly-1', failedNow, meta).metadata;
    const later = put('nightly-1', { ...failedNow, failed: 3 }, meta);
    expect(later.metadata.resourceVersion).not.toBe(resourceVersion);
    expect(JSON.stringify(await change())).toBe(first);
    put('nightly-1', failedNow, meta, { backoffLimit: 3 });
    expect(JSON.stringify(await change())).not.toBe(first);
  });

  it('leaves the rerun out of the history of a CronJob that keeps none', async () => {
    put('nightly-1', failedNow, { uid, ownerReferences: [cronOwner] });
    api.put('cronjobs.batch', {
      metadata: { name: 'nightly', namespace: 'shop', uid: 'cron-uid' },
      spec: { successfulJobsHistoryLimit: 0 },
    });
    expect(await change()).toMatchObject({
      job: { ownerReferences: [{ ...cronOwner, controller: false }] },
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
