import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  completeNow,
  type FailedJob,
  failedNow,
  rerunName as name,
  rerunSpec,
  startFailedJob,
  target,
} from '../../../test/fakes/failed-job.ts';
import type { KubeApi } from '../../../test/fakes/kube-api.ts';
import type { Clients } from '../../domain/clients.ts';
import { jobRun } from '../../kubernetes/job-state.ts';
import { rerunJob } from './job.ts';

const signal = new AbortController().signal;
const { uid } = target;

let api: KubeApi;
let clients: Clients;
let put: FailedJob['put'];
let stateNow: FailedJob['state'];
let change: FailedJob['change'];
beforeEach(async () => {
  ({ api, clients, put, state: stateNow, change } = await startFailedJob());
});
afterEach(() => api.close());

describe('a Job that is run again', () => {
  it('is made once, however often it is applied', async () => {
    const pinned = await change();
    expect(await rerunJob.settled(pinned, clients)).toBe('not-done');
    await rerunJob.apply(pinned, clients, signal);
    await rerunJob.apply(pinned, clients, signal);
    expect(api.writes().map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /apis/batch/v1/namespaces/shop/jobs',
    ]);
    expect(await rerunJob.settled(pinned, clients)).toBe('done');
    const labels = { team: 'shop', 'paramedic.dev/rerun-of': uid };
    expect(api.writes()[0]?.body).toEqual({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name, namespace: 'shop', labels, ownerReferences: [] },
      spec: rerunSpec,
    });
  });

  it('is not made when what the failed one runs is another thing by now', async () => {
    const pinned = await change();
    put('nightly-1', failedNow, { uid }, { activeDeadlineSeconds: 60 });
    await expect(rerunJob.apply(pinned, clients, signal)).rejects.toMatchObject({
      reason: 'conflict',
      retryable: false,
      message: `job shop/nightly-1 has been changed since this was planned, and job shop/${name} would be another one than was planned: it is not made`,
    });
    expect(api.writes()).toEqual([]);
    expect(await rerunJob.settled(pinned, clients)).toBe('not-done');
  });

  it('is there once more only, also when the failed one is changed or gone after that', async () => {
    const pinned = await change();
    await rerunJob.apply(pinned, clients, signal);
    put('nightly-1', failedNow, { uid }, { backoffLimit: 3 });
    await rerunJob.apply(pinned, clients, signal);
    api.remove('jobs.batch', { namespace: 'shop', name: 'nightly-1' });
    await rerunJob.apply(pinned, clients, signal);
    expect(api.writes()).toHaveLength(1);
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
    const gone = {
      reason: 'not-found',
      retryable: false,
      message:
        'job shop/nightly-1 is gone from cluster prod, or another one has its name: nothing is left to make a job of',
    };
    await expect(rerunJob.apply(pinned, clients, signal)).rejects.toMatchObject(gone);
    put('nightly-1', failedNow, { uid: 'another' });
    await expect(rerunJob.apply(pinned, clients, signal)).rejects.toMatchObject(gone);
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

  it('is never made of a change that is not its own', async () => {
    const pinned = Object(await change());
    const source = { kind: 'cronjob', name: 'nightly', uid };
    for (const other of [{ source }, { digest: 'x' }, { spec: {} }])
      expect(() => rerunJob.apply({ ...pinned, ...other }, clients, signal)).toThrow();
    expect(api.writes()).toEqual([]);
  });
});
