import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startKubeApi, type KubeApi } from '../../test/fakes/kube-api.ts';
import type { Clients } from '../domain/clients.ts';
import type { Plan } from '../domain/plan.ts';
import { node } from '../targets/node/node.ts';
import { persistentvolumeclaim } from '../targets/persistentvolumeclaim/persistentvolumeclaim.ts';
import { sha256Of } from '../kubernetes/template-diff.ts';
import { runJobOn } from './job-template.ts';

const runJob = runJobOn(persistentvolumeclaim);
const signal = new AbortController().signal;
const target = {
  kind: 'persistentvolumeclaim',
  key: 'kubernetes/prod/shop/persistentvolumeclaim/data-0',
  uid: 'pvc-uid',
};
/** As its target kind observes it. */
const bound = { namespace: 'shop', name: 'data-0', uid: 'pvc-uid', phase: 'Bound', storageClass: '', troubles: [] };
const secret = 'hunter2-secret';
const labels = { alertname: 'KubePersistentVolumeFillingUp', persistentvolumeclaim: '$(reboot)' };

let api: KubeApi;
let clients: Clients;
beforeEach(async () => {
  api = await startKubeApi();
  clients = { docker: new Map(), kubernetes: new Map([['prod', api.client]]) };
  putCronJob();
});
afterEach(() => api.close());

const container = { name: 'main', image: 'clean:1', command: ['/clean'] };
const putCronJob = (jobTemplate: object = {}, meta: object = {}) =>
  api.put('cronjobs.batch', {
    metadata: { name: 'clean', namespace: 'tools', uid: 'clean-uid', ...meta },
    spec: {
      schedule: '0 0 1 1 *',
      suspend: true,
      jobTemplate: {
        metadata: { labels: { team: 'ops' }, annotations: { 'ops/token': secret } },
        spec: {
          backoffLimit: 0,
          template: {
            spec: {
              restartPolicy: 'Never',
              containers: [{ ...container, env: [{ name: 'DB_PASSWORD', value: secret }] }],
            },
          },
        },
        ...jobTemplate,
      },
    },
  });
const env = [
  { name: 'PARAMEDIC_TARGET', value: 'persistentvolumeclaim' },
  { name: 'PARAMEDIC_TARGET_NAMESPACE', value: 'shop' },
  { name: 'PARAMEDIC_TARGET_NAME', value: 'data-0' },
  { name: 'ALERT_ALERTNAME', value: 'KubePersistentVolumeFillingUp' },
  { name: 'ALERT_PERSISTENTVOLUMECLAIM', value: '$$(reboot)' },
];
/** The Job that is made of it. */
const jobNamed = (name: string) => ({
  metadata: {
    name,
    labels: { team: 'ops', 'paramedic.dev/run-for': 'pvc-uid' },
    annotations: {
      'ops/token': secret,
      'paramedic.dev/target': target.key,
      'paramedic.dev/cronjob': 'tools/clean',
    },
  },
  spec: {
    backoffLimit: 0,
    ttlSecondsAfterFinished: 86_400,
    activeDeadlineSeconds: 3_600,
    template: {
      metadata: { labels: {} },
      spec: {
        restartPolicy: 'Never',
        containers: [{ ...container, env: [...env, { name: 'DB_PASSWORD', value: secret }] }],
      },
    },
  },
});

const answer = async (cronjob = 'tools/clean', now = 1, state: object = bound) =>
  runJob.plan({ target, state, extra: await runJob.observe(target, clients), params: { cronjob }, labels, now });
const plan = async (now = 1): Promise<Plan> => {
  const given = await answer('tools/clean', now);
  if ('ok' in given || given[0] === undefined) throw new Error('no plan');
  return JSON.parse(JSON.stringify(given[0])) as Plan;
};

describe('a plan to run a Job of the user', () => {
  it('pins the Job, by a digest what it runs, and the labels are values in it', async () => {
    const { summary, touches, change } = await plan();
    const name = touches[1]?.split('/').at(-1) ?? '';
    expect(name).toMatch(/^clean-[0-9a-f]{10}$/);
    expect(touches).toEqual([target.key, `kubernetes/prod/tools/job/${name}`]);
    expect(summary).toBe(
      `run-job persistentvolumeclaim shop/data-0: the job template of cronjob tools/clean (clean:1) as job tools/${name}, with 2 alert labels in its environment; persistentvolumeclaim shop/data-0 itself looks well`,
    );
    expect(change).toEqual({
      cluster: 'prod',
      namespace: 'tools',
      source: { kind: 'cronjob', name: 'clean', uid: 'clean-uid' },
      job: {
        name,
        labels: { team: 'ops', 'paramedic.dev/run-for': 'pvc-uid' },
        annotations: { 'paramedic.dev/target': target.key, 'paramedic.dev/cronjob': 'tools/clean' },
      },
      env,
      digest: sha256Of(jobNamed(name)),
    });
  });

  it('holds nothing of what the Job runs, for that may be a secret', async () => {
    const planned = JSON.stringify(await plan());
    for (const word of [secret, 'DB_PASSWORD', '["/clean"]', 'ops/token']) expect(planned).not.toContain(word);
  });

  it('is the same at the same time, and another one later', async () => {
    expect(await plan(1)).toEqual(await plan(1));
    expect((await plan(2)).touches[1]).not.toBe((await plan(1)).touches[1]);
  });

  it('leaves the deadline that the template has', async () => {
    const spec = { activeDeadlineSeconds: 60, template: { spec: { containers: [] } } };
    api.put('cronjobs.batch', { metadata: { name: 'clean', namespace: 'tools' }, spec: { jobTemplate: { spec } } });
    await runJob.apply((await plan()).change, clients, signal);
    expect(api.writes()[0]?.body).toMatchObject({ spec: { activeDeadlineSeconds: 60 } });
  });

  it('is made of a CronJob beside the target when the step names no namespace, and a node has none', async () => {
    const spec = { jobTemplate: { spec: { template: { spec: { containers: [] } } } } };
    expect(await answer('clean')).toMatchObject({ reason: expect.stringContaining('has no CronJob shop/clean to') });
    api.put('cronjobs.batch', { metadata: { name: 'clean', namespace: 'shop' }, spec });
    expect(await answer('clean')).toMatchObject([{ change: { namespace: 'shop' } }]);
    const ofNode = runJobOn(node).plan({
      target: { kind: 'node', key: 'kubernetes/prod/node/worker-1', uid: 'n' },
      state: { wrong: ['not ready (KubeletNotReady)', 'disk pressure'] },
      extra: { cronjobs: [], runs: [] },
      params: { cronjob: 'clean' },
      labels,
      now: 1,
    });
    expect(ofNode).toEqual({
      ok: false,
      reason:
        'no job is run for node worker-1: a node is in no namespace, and the step does not say in which one CronJob clean is; wrong with node worker-1: not ready (KubeletNotReady); disk pressure',
    });
  });

  it('says what is wrong with its target', async () => {
    const lost = { ...bound, phase: 'Lost' };
    const wrong = 'wrong with persistentvolumeclaim shop/data-0: its volume is lost';
    expect(await answer('tools/clean', 1, lost)).toMatchObject([{ summary: expect.stringContaining(wrong) }]);
    expect(await answer('tools/other', 1, lost)).toMatchObject({ reason: expect.stringContaining(wrong) });
  });

  it('is not made without the CronJob', async () => {
    expect(await answer('tools/other')).toMatchObject({
      ok: false,
      reason:
        'no job is run for persistentvolumeclaim shop/data-0: cluster prod has no CronJob tools/other to take it from, or we may not see it; persistentvolumeclaim shop/data-0 itself looks well',
    });
  });

  it('is not made while one for the same target is not done', async () => {
    const meta = { name: 'clean-0', namespace: 'tools', labels: { 'paramedic.dev/run-for': 'pvc-uid' } };
    api.put('jobs.batch', { metadata: meta, spec: {} });
    expect(await answer()).toMatchObject({
      reason:
        'no job is run for persistentvolumeclaim shop/data-0: clean-0, which was started for it before, is not done yet; persistentvolumeclaim shop/data-0 itself looks well',
      retryAfterMs: 30_000,
    });
    api.put('jobs.batch', { metadata: meta, spec: {}, status: { conditions: [{ type: 'Failed', status: 'True' }] } });
    expect(await plan()).toBeDefined();
  });

  it('is made of what the own namespace holds where no more may be seen', async () => {
    api.put('cronjobs.batch', {
      metadata: { name: 'clean', namespace: 'shop' },
      spec: { jobTemplate: { spec: { template: { spec: { containers: [] } } } } },
    });
    api.fault({ kind: '403', times: 99, matches: ({ path }) => !path.includes('/namespaces/') });
    expect(await answer('shop/clean')).toHaveLength(1);
    expect(await answer('tools/clean')).toMatchObject({ ok: false });
  });

  it.each(['tools/clean/x', '../x', 'tools/', 'Tools/clean', 'tools/$(x)', '/clean', ''])(
    'never with the name %j',
    (cronjob) => {
      expect(runJob.params.safeParse({ cronjob }).success).toBe(false);
    },
  );
});

describe('a Job of the user', () => {
  it('is made once, however often it is applied', async () => {
    const { change, touches } = await plan();
    expect(await runJob.settled(change, clients)).toBe('not-done');
    await runJob.apply(change, clients, signal);
    await runJob.apply(change, clients, signal);
    expect(api.writes().map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /apis/batch/v1/namespaces/tools/jobs',
    ]);
    const name = touches[1]?.split('/').at(-1) ?? '';
    const { metadata, spec } = jobNamed(name);
    const body = { apiVersion: 'batch/v1', kind: 'Job', metadata: { ...metadata, namespace: 'tools' }, spec };
    expect(api.writes()[0]?.body).toEqual(body);
    expect(await runJob.settled(change, clients)).toBe('done');
    // Once it is there, what becomes of its CronJob is no matter.
    api.remove('cronjobs.batch', { namespace: 'tools', name: 'clean' });
    await runJob.apply(change, clients, signal);
    expect(api.writes()).toHaveLength(1);
  });

  it.each<[string, object]>([
    ['the specification', { spec: { backoffLimit: 1, template: { spec: { containers: [container] } } } }],
    ['an annotation', { metadata: { labels: { team: 'ops' }, annotations: { 'ops/token': 'another' } } }],
  ])('is not made when %s in its CronJob is another one by now', async (_what, jobTemplate) => {
    const { change, touches } = await plan();
    putCronJob(jobTemplate);
    await expect(runJob.apply(change, clients, signal)).rejects.toMatchObject({
      reason: 'conflict',
      retryable: false,
      message: `cronjob tools/clean has been changed since this was planned, and job tools/${touches[1]?.split('/').at(-1)} would be another one than was planned: it is not made`,
    });
    expect(api.writes()).toEqual([]);
    expect(await runJob.settled(change, clients)).toBe('not-done');
  });

  it('is made though its CronJob has run, or was resumed, in between', async () => {
    const { change } = await plan();
    const { metadata, spec } = putCronJob();
    const status = { lastScheduleTime: '2026-11-24T02:00:00Z' };
    api.put('cronjobs.batch', { metadata, spec: { ...spec, suspend: false }, status });
    await runJob.apply(change, clients, signal);
    expect(api.writes()).toHaveLength(1);
  });

  it.each<[string, () => void]>([
    ['is gone', () => api.remove('cronjobs.batch', { namespace: 'tools', name: 'clean' })],
    ['is another one of that name', () => void putCronJob({}, { uid: 'another' })],
  ])('is not made when its CronJob %s', async (_what, happens) => {
    const { change } = await plan();
    happens();
    await expect(runJob.apply(change, clients, signal)).rejects.toMatchObject({
      reason: 'not-found',
      retryable: false,
      message:
        'cronjob tools/clean is gone from cluster prod, or another one has its name: nothing is left to make a job of',
    });
    expect(api.writes()).toEqual([]);
  });

  it('is never made of a change that sets other variables, or that is not its own', async () => {
    const change = Object((await plan()).change);
    const others = [{ env: [{ name: 'LD_PRELOAD', value: '/x' }] }, { digest: 'x' }, { spec: {} }];
    for (const other of others) expect(() => runJob.apply({ ...change, ...other }, clients, signal)).toThrow();
    expect(api.writes()).toEqual([]);
  });

  it('is made once by two at the same time', async () => {
    const { change } = await plan();
    await Promise.all([runJob.apply(change, clients, signal), runJob.apply(change, clients, signal)]);
    expect(await api.client.list('jobs.batch', { namespace: 'tools' })).toHaveLength(1);
  });

  it('is not made over one of another target', async () => {
    const { change, touches } = await plan();
    api.put('jobs.batch', { metadata: { name: touches[1]?.split('/').at(-1), namespace: 'tools' }, spec: {} });
    await expect(runJob.apply(change, clients, signal)).rejects.toMatchObject({ reason: 'conflict', retryable: false });
    expect(await runJob.settled(change, clients)).toBe('not-done');
  });

  it('may be there or not while nobody answers', async () => {
    const { change } = await plan();
    api.fault({ kind: 'reset', times: 99 });
    expect(await runJob.settled(change, clients)).toBe('unknown');
  });
});
