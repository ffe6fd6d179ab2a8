import { describe, expect, it } from 'vitest';
import type { Job } from '../domain/kubernetes.ts';
import { deletedJobState, jobState, jobSymptoms } from './job-state.ts';

const now = Date.parse('2026-11-25T12:00:00Z');
const job = (name: string, status: Job['status'] = {}, spec: object = {}): Job => ({
  metadata: { name, namespace: 'shop', uid: `uid-${name}`, resourceVersion: '1' },
  spec: { template: { spec: { containers: [] } }, ...spec },
  status,
});
const failed = (name: string): Job =>
  job(name, {
    conditions: [
      {
        type: 'Failed',
        status: 'True',
        reason: 'BackoffLimitExceeded',
        message: 'Job has reached the specified backoff limit',
      },
    ],
  });
const complete = (name: string): Job => job(name, { conditions: [{ type: 'Complete', status: 'True' }] });
const started = (ago: number): Job['status'] => ({ active: 1, startTime: new Date(now - ago).toISOString() });
const minute = 60_000;
const hour = 60 * minute;

const symptomsOf = (one: Job, reruns: readonly Job[] = [], troubles: readonly string[] = []) =>
  jobSymptoms(jobState(one, { cluster: 'prod', owners: [], reruns, troubles, now }));
const why = 'BackoffLimitExceeded: Job has reached the specified backoff limit';

describe('a Job', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ['has completed', symptomsOf(complete('a')), []],
    ['has failed', symptomsOf(failed('a')), [`it has failed (${why})`]],
    [
      'is about to fail, which is not done',
      symptomsOf(job('a', { conditions: [{ type: 'FailureTarget', status: 'True' }] })),
      [],
    ],
    ['has failed no more', symptomsOf(job('a', { conditions: [{ type: 'Failed', status: 'False' }] })), []],
    ['is suspended', symptomsOf(job('a', {}, { suspend: true })), ['it is suspended and does not run']],
    ['was suspended once it was done', symptomsOf({ ...complete('a'), spec: { ...job('a').spec, suspend: true } }), []],
    ['was not started yet', symptomsOf(job('a')), []],
    ['runs', symptomsOf(job('a', started(11 * hour))), []],
    ['runs for too long', symptomsOf(job('a', started(13 * hour))), ['it has run for more than 12 h']],
    ['may run for long', symptomsOf(job('a', started(13 * hour), { activeDeadlineSeconds: 86_400 })), []],
    [
      'is past its deadline, and nobody ends it',
      symptomsOf(job('a', started(3 * minute), { activeDeadlineSeconds: 100 })),
      ['it still runs past its activeDeadlineSeconds of 100'],
    ],
    [
      'is past its deadline only just now',
      symptomsOf(job('a', started(2 * minute), { activeDeadlineSeconds: 100 })),
      [],
    ],
    ['runs with pods in trouble', symptomsOf(job('a', started(hour)), [], ['pod a-1: x']), ['pod a-1: x']],
    [
      'is being run again',
      symptomsOf(failed('a'), [job('b', started(1))]),
      [`it has failed (${why}); its rerun b is not done yet`],
    ],
    ['was run again with success', symptomsOf(failed('a'), [complete('b')]), []],
    [
      'was run again in vain',
      symptomsOf(failed('a'), [failed('b')]),
      [`it has failed (${why}), and so has its rerun b (${why})`],
    ],
  ])('that %s', (_what, found, expected) => {
    expect(found).toEqual(expected);
  });

  it('that was deleted is judged by its rerun', () => {
    const place = { cluster: 'prod', namespace: 'shop', name: 'a', uid: 'uid-a' };
    expect(jobSymptoms(deletedJobState(place, complete('b')))).toEqual([]);
    expect(jobSymptoms(deletedJobState(place, failed('b')))).toEqual([
      `it has failed, and so has its rerun b (${why})`,
    ]);
  });

  it('keeps a digest of it that has no specification in it, however much is wrong', () => {
    const secret = {
      template: { spec: { containers: [{ name: 'a', env: [{ name: 'PASSWORD', value: 'hunter2' }] }] } },
    };
    const troubles = Array.from({ length: 500 }, (_none, index) => `pod a-${index}: container app is crash-looping`);
    const text = JSON.stringify(
      jobState(job('a', started(1), secret), { cluster: 'prod', owners: [], reruns: [], troubles, now }),
    );
    expect(text).not.toContain('hunter2');
    expect(text.length).toBeLessThan(1_000);
  });

  it.each([
    ['paramedic.dev/rerun-of', 'rerun-job'],
    ['paramedic.dev/run-for', 'run-job'],
    ['app', ''],
  ])('with the label %s was made by %j', (label, verb) => {
    const one = { ...job('a'), metadata: { ...job('a').metadata, labels: { [label]: 'x' } } };
    expect(jobState(one, { cluster: 'prod', owners: [], reruns: [], troubles: [], now }).madeBy).toBe(verb);
  });

  it.each<[Job, string]>([
    [job('a', {}, { backoffLimit: 6 }), ''],
    [job('a', {}, { backoffLimit: 0 }), 'backoffLimit: 0'],
    [job('a', {}, { backoffLimit: 6, backoffLimitPerIndex: 0 }), 'backoffLimitPerIndex: 0'],
    [
      job('a', { conditions: [{ type: 'Failed', status: 'True', reason: 'PodFailurePolicy' }] }, { backoffLimit: 6 }),
      'podFailurePolicy',
    ],
  ])('tells where its author says that it is not tried again: %j', (one, noRetry) => {
    expect(jobState(one, { cluster: 'prod', owners: [], reruns: [], troubles: [], now })).toMatchObject({ noRetry });
  });

  it.each([
    ['helm.sh/hook', 'helm.sh/hook'],
    ['argocd.argoproj.io/hook', 'argocd.argoproj.io/hook'],
    ['argocd.argoproj.io/sync-wave', ''],
  ])('with the annotation %s is a step of a release by %j', (annotation, hook) => {
    const one = { ...job('a'), metadata: { ...job('a').metadata, annotations: { [annotation]: 'PreSync' } } };
    expect(jobState(one, { cluster: 'prod', owners: [], reruns: [], troubles: [], now }).hook).toBe(hook);
  });
});
