import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rerunJob } from '../../src/actions/rerun-job/job.ts';
import { runJobPersistentVolumeClaim } from '../../src/actions/run-job/persistentvolumeclaim.ts';
import type { Clients } from '../../src/domain/clients.ts';
import type { Job } from '../../src/domain/kubernetes.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { Target } from '../../src/domain/target.ts';
import type { Verdict } from '../../src/domain/verdict.ts';
import type { JobState } from '../../src/kubernetes/job-state.ts';
import { cronjob } from '../../src/targets/cronjob/cronjob.ts';
import { job } from '../../src/targets/job/job.ts';
import { service } from '../../src/targets/service/service.ts';
import { persistentvolumeclaim } from '../../src/targets/persistentvolumeclaim/persistentvolumeclaim.ts';
import type { TestCluster } from '../harness/cluster.ts';
import { clusterClients } from '../harness/cluster-clients.ts';
import * as make from '../harness/kube-objects.ts';

const signal = new AbortController().signal;
let cluster: TestCluster;
let namespace: string;
let clients: Clients;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ cluster, namespace, clients, close } = await clusterClients('jobs'));
});
afterAll(() => close());

const platforms = { docker: [], kubernetes: [{ name: 'prod', isDefault: true, protectedNamespaces: [] }] };
const confirmed = (answer: Target | Verdict): Target => {
  if ('ok' in answer) throw new Error(answer.reason);
  return answer;
};
/** As an alert of kube-state-metrics names it. */
async function targetOf(kind: typeof job | typeof cronjob, labels: Readonly<Record<string, string>>): Promise<Target> {
  const candidate = kind.resolve({ namespace, job: 'kube-state-metrics', ...labels }, platforms);
  if (candidate === undefined || 'ok' in candidate) throw new Error('the labels name nothing');
  return confirmed(await kind.confirm(candidate, clients));
}
const look = async (target: Target): Promise<JobState> => {
  const state = await job.observe(target, clients);
  if (state === undefined) throw new Error('it is gone');
  return state;
};
const until = (target: Target, is: (symptoms: readonly string[]) => boolean): Promise<JobState> =>
  cluster.waitFor(`what is wrong with ${target.key}`, async () => {
    const state = await look(target);
    return is(job.symptoms(state)) && state;
  });
/** The Jobs here have a backoffLimit of 0, so that they fail at once. */
const rerunPlan = async (target: Target, params: object = { even_without_retries: true }): Promise<Plan | Verdict> => {
  const [state, extra] = [await look(target), await rerunJob.observe(target, clients)];
  const plans = rerunJob.plan({ target, state, extra, params, labels: {}, now: Date.now() });
  if ('ok' in plans) return plans;
  return JSON.parse(JSON.stringify(plans[0])) as Plan;
};
const planned = async (target: Target): Promise<Plan> => {
  const plan = await rerunPlan(target);
  if ('ok' in plan) throw new Error(plan.reason);
  return plan;
};
const reason = async (target: Target): Promise<string> => {
  const plan = await rerunPlan(target);
  return 'ok' in plan ? plan.reason : `planned: ${plan.summary}`;
};
const jobs = (): Promise<readonly Job[]> => cluster.list('jobs.batch', namespace);
const failed = (symptoms: readonly string[]): boolean => symptoms.some((phrase) => phrase.startsWith('it has failed'));
/** Fails while the ConfigMap says so. */
const asTold = (name: string): Pick<make.WorkloadOptions, 'command' | 'pod'> => ({
  command: '[ "$(cat /told/exit)" = 0 ]',
  pod: {
    volumes: [{ name: 'told', configMap: { name } }],
    restartPolicy: 'Never',
  },
});
const tell = (name: string, exit: string) =>
  cluster.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name }, data: { exit } });
const told = { volumeMounts: [{ name: 'told', mountPath: '/told' }] };

describe('a Job that failed', () => {
  it('is run again once, and is well when that has completed, though it stays failed itself', async () => {
    await tell('flaky', '1');
    await cluster.apply(make.job({ namespace, name: 'flaky', ...asTold('flaky'), container: told }));
    const target = await targetOf(job, { job_name: 'flaky' });
    const before = await until(target, failed);
    expect(before.reason).toMatch(/^BackoffLimitExceeded/);
    await tell('flaky', '0');

    expect(await rerunPlan(target, {})).toMatchObject({
      ok: false,
      reason: expect.stringContaining('(backoffLimit: 0)'),
    });
    const plan = await planned(target);
    await Promise.all([rerunJob.apply(plan.change, clients, signal), rerunJob.apply(plan.change, clients, signal)]);
    expect(await rerunJob.settled(plan.change, clients)).toBe('done');
    const state = await until(target, (symptoms) => symptoms.length === 0);
    expect(rerunJob.verify({ before, state, change: plan.change })).toMatchObject({ ok: true });
    expect((await jobs()).map(({ metadata }) => metadata.name).toSorted()).toEqual(['flaky', state.rerun?.name]);
    expect(await reason(target)).toBe(
      `job ${namespace}/flaky is not run again: its rerun ${state.rerun?.name} has completed`,
    );
  });

  it('and whose rerun fails too is given up for certain, and neither of them is run again', async () => {
    await cluster.apply(make.job({ namespace, name: 'broken', command: 'exit 3' }));
    const target = await targetOf(job, { job_name: 'broken' });
    const before = await until(target, failed);
    const plan = await planned(target);
    await rerunJob.apply(plan.change, clients, signal);
    const state = await until(target, (symptoms) => symptoms.some((phrase) => phrase.includes('so has its rerun')));
    expect(rerunJob.verify({ before, state, change: plan.change })).toMatchObject({ ok: false, certain: true });
    expect(await reason(target)).toContain('once and only once');
    const rerun = await targetOf(job, { job_name: state.rerun?.name ?? '' });
    expect(await reason(rerun)).toContain('it is itself the rerun of a Job that failed');
  });

  it('and was removed while its rerun ran is judged by that', async () => {
    await tell('removed', '1');
    await cluster.apply(make.job({ namespace, name: 'removed', ...asTold('removed'), container: told }));
    const target = await targetOf(job, { job_name: 'removed' });
    await until(target, failed);
    await tell('removed', '0');
    await rerunJob.apply((await planned(target)).change, clients, signal);
    await cluster.remove('jobs.batch', { namespace, name: 'removed' });
    const state = await until(target, (symptoms) => symptoms.length === 0);
    expect(state).toMatchObject({ present: false, rerun: { phase: 'complete' } });
  });

  it('of a CronJob is run again as one of its runs, which then went well', async () => {
    await tell('nightly', '1');
    const always = make.cronJob({
      namespace,
      name: 'nightly',
      schedule: '0 0 1 1 *',
      ...asTold('nightly'),
      container: told,
    });
    const made = await cluster.apply(always);
    const owner = {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      name: 'nightly',
      uid: made.metadata.uid,
      controller: true,
    };
    const run = make.job({ namespace, name: 'nightly-1', ...asTold('nightly'), container: told });
    await cluster.apply({ ...run, metadata: { ...run.metadata, ownerReferences: [owner] } });
    const target = await targetOf(job, { job_name: 'nightly-1' });
    await until(target, failed);
    const parent = await targetOf(cronjob, { cronjob: 'nightly' });
    const ofParent = async () => {
      const state = await cronjob.observe(parent, clients);
      return state && cronjob.symptoms(state);
    };
    expect(await ofParent()).toEqual([expect.stringContaining('its last run nightly-1 failed (BackoffLimitExceeded')]);

    const suspend = (is: boolean) => cluster.apply({ ...always, spec: { ...(always['spec'] as object), suspend: is } });
    await suspend(true);
    expect(await reason(target)).toContain('its cronjob nightly is suspended, and so is its work');
    await suspend(false);
    await tell('nightly', '0');
    await rerunJob.apply((await planned(target)).change, clients, signal);
    const { rerun } = await until(target, (symptoms) => symptoms.length === 0);
    const found = await cluster.get('jobs.batch', { namespace, name: rerun?.name ?? '' });
    expect(found?.metadata.ownerReferences).toMatchObject([owner]);
    expect(await ofParent()).toEqual([]);
  });
});

it('a running Job shows that its image can not be pulled, and is not run again', async () => {
  await cluster.apply(make.job({ namespace, name: 'no-image', image: make.images.bad }));
  const target = await targetOf(job, { job_name: 'no-image' });
  const { troubles } = await until(target, (symptoms) => symptoms.length > 0);
  expect(troubles).toEqual([expect.stringContaining(`image ${make.images.bad} of container app can not be pulled`)]);
  expect(await reason(target)).toContain('it has not failed, it is still running');
});

describe("a Job of the user's", () => {
  it('gets the labels of the alert as they are, whatever is in them', async () => {
    const template = make.cronJob({
      namespace,
      name: 'clean',
      schedule: '0 0 1 1 *',
      // The message of a container is what it wrote there.
      command:
        'printf "%s|%s|%s|%s" "$PARAMEDIC_TARGET_NAME" "$ALERT_EVIL" "$ALERT_DOUBLE" "$OWN" > /dev/termination-log',
      container: { env: [{ name: 'OWN', value: '$(ALERT_PLAIN)' }] },
    });
    await cluster.apply({ ...template, spec: { ...(template['spec'] as object), suspend: true } });
    await cluster.apply({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { namespace, name: 'data-0' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
    const claim = persistentvolumeclaim.resolve({ namespace, persistentvolumeclaim: 'data-0' }, platforms);
    if (claim === undefined || 'ok' in claim) throw new Error('the labels name no claim');
    const target = confirmed(await persistentvolumeclaim.confirm(claim, clients));
    const evil = '$(PARAMEDIC_TARGET); $$(x) `reboot` "\'';
    const labels = { evil, double: '$$(PARAMEDIC_TARGET)', plain: 'fine' };
    const params = { cronjob: `${namespace}/clean` };
    const action = runJobPersistentVolumeClaim;
    const plans = action.plan({
      target,
      state: await persistentvolumeclaim.observe(target, clients),
      extra: await action.observe(target, clients),
      params,
      labels,
      now: 1,
    });
    if ('ok' in plans || plans[0] === undefined) throw new Error(JSON.stringify(plans));
    const change: unknown = JSON.parse(JSON.stringify(plans[0].change));
    await Promise.all([action.apply(change, clients, signal), action.apply(change, clients, signal)]);
    expect(await action.settled(change, clients)).toBe('done');

    const made = await cluster.list('jobs.batch', namespace, `paramedic.dev/run-for=${target.uid}`);
    expect(made).toHaveLength(1);
    const name = made[0]?.metadata.name ?? '';
    const message = await cluster.waitFor('what the Job has written', async () => {
      const [pod] = await cluster.list('pods', namespace, `batch.kubernetes.io/job-name=${name}`);
      return pod?.status?.containerStatuses?.[0]?.state?.terminated?.message;
    });
    expect(message).toBe(`data-0|${evil}|$$(PARAMEDIC_TARGET)|fine`);
  });
});

it('a Service tells apart what it selects nothing from, what is not ready, and what is', async () => {
  await cluster.apply(make.service({ namespace, name: 'web' }));
  const candidate = service.resolve({ namespace, service: 'web' }, platforms);
  const key = `kubernetes/prod/${namespace}/service/web`;
  // The label alone may name an exporter's Service: then the test names it itself.
  const target =
    candidate === undefined || 'ok' in candidate
      ? { kind: 'service', key }
      : confirmed(await service.confirm(candidate, clients));
  const tells = (phrase: string) =>
    cluster.waitFor(phrase, async () => {
      const state = await service.observe(target, clients);
      return state !== undefined && (service.symptoms(state)[0] ?? 'well') === phrase;
    });
  await tells('no pod matches its selector app=web');
  const probe = { ...make.probe, httpGet: { path: '/missing', port: 8080 } };
  await cluster.apply(make.deployment({ namespace, name: 'web', container: { readinessProbe: probe } }));
  await tells('none of its 1 endpoints is ready');
  await cluster.apply(make.deployment({ namespace, name: 'web' }));
  await tells('well');
});
