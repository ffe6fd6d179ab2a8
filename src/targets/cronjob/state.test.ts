import { expect, it } from 'vitest';
import type { CronJob, Job } from '../../domain/kubernetes.ts';
import { cronJobState, symptoms } from './state.ts';

const cronjob = (suspend: boolean): CronJob => ({
  metadata: { name: 'nightly', namespace: 'shop', uid: 'c', resourceVersion: '1' },
  spec: { schedule: '0 2 * * *', suspend, jobTemplate: { spec: { template: { spec: { containers: [] } } } } },
});
const run = (name: string, startTime: string | undefined, type?: 'Complete' | 'Failed', owner = 'c'): Job => ({
  metadata: {
    name,
    uid: name,
    resourceVersion: '1',
    ownerReferences: [{ apiVersion: 'batch/v1', kind: 'CronJob', name: 'nightly', uid: owner, controller: true }],
  },
  spec: { template: { spec: { containers: [] } } },
  status: {
    ...(startTime && { startTime }),
    ...(type && { conditions: [{ type, status: 'True', ...(type === 'Failed' && { reason: 'DeadlineExceeded' }) }] }),
  },
});
const [monday, tuesday, wednesday] = ['2026-11-23T02:00:00Z', '2026-11-24T02:00:00Z', '2026-11-25T02:00:00Z'];

it.each<[string, boolean, readonly Job[], readonly string[]]>([
  ['has not run yet', false, [], []],
  ['is suspended', true, [], ['it is suspended and starts no runs']],
  ['succeeded last', false, [run('a', monday, 'Failed'), run('b', tuesday, 'Complete')], []],
  [
    'failed last',
    false,
    [run('b', tuesday, 'Failed'), run('a', monday, 'Complete')],
    ['its last run b failed (DeadlineExceeded)'],
  ],
  [
    'failed last and runs again',
    false,
    [run('a', tuesday, 'Failed'), run('b', wednesday), run('c', undefined)],
    ['its last run a failed (DeadlineExceeded)'],
  ],
  ['failed and was rerun', false, [run('a', tuesday, 'Failed'), run('a-rerun', wednesday, 'Complete')], []],
  ['has a neighbour that failed', false, [run('x', wednesday, 'Failed', 'other')], []],
])('a CronJob that %s', (_what, suspended, jobs, expected) => {
  expect(symptoms(cronJobState('prod', cronjob(suspended), jobs))).toEqual(expected);
});

it('counts the runs that are not done', () => {
  const state = cronJobState('prod', cronjob(false), [
    run('a', monday, 'Failed'),
    run('b', tuesday),
    run('c', undefined),
  ]);
  expect(state.running).toBe(2);
});
