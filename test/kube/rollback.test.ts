import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rollbackDeployment } from '../../src/actions/rollback/deployment.ts';
import type { Clients } from '../../src/domain/clients.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { Target } from '../../src/domain/target.ts';
import { kubernetesKey } from '../../src/kubernetes/key.ts';
import { observeWorkload } from '../../src/kubernetes/observe-workload.ts';
import type { WorkloadState } from '../../src/kubernetes/state.ts';
import { symptoms } from '../../src/kubernetes/workload.ts';
import type { TestCluster } from '../harness/cluster.ts';
import { clusterClients } from '../harness/cluster-clients.ts';
import { deployment, images, probe, type WorkloadOptions } from '../harness/kube-objects.ts';

const signal = new AbortController().signal;
let cluster: TestCluster;
let namespace: string;
let clients: Clients;

let close: () => Promise<void>;
beforeAll(async () => {
  ({ cluster, namespace, clients, close } = await clusterClients('rollback'));
});
afterAll(() => close());

/** One Deployment and its target. */
class Subject {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
  async apply(options: Partial<WorkloadOptions> = {}, by?: string): Promise<void> {
    await cluster.apply(deployment({ replicas: 2, ...options, namespace, name: this.name }), by);
  }
  /** Rolls out a good version, to its end. */
  async rollOut(options: Partial<WorkloadOptions> = {}): Promise<void> {
    await this.apply(options);
    await this.untilWell();
  }
  read() {
    return cluster.get('deployments.apps', { namespace, name: this.name });
  }
  async image(): Promise<string | undefined> {
    return (await this.read())?.spec.template.spec.containers[0]?.image;
  }
  async target(): Promise<Target> {
    const uid = (await this.read())?.metadata.uid ?? '';
    const key = kubernetesKey({ cluster: 'prod', namespace, kind: 'deployment', name: this.name });
    return { kind: 'deployment', key, uid };
  }
  async state(): Promise<WorkloadState> {
    const state = await observeWorkload('deployment')(await this.target(), clients);
    if (state === undefined) throw new Error(`${this.name} is gone`);
    return state;
  }
  async untilWell(): Promise<void> {
    await cluster.waitFor(`${this.name} to be well`, async () => symptoms(await this.state()).length === 0);
  }
  async answer(): Promise<readonly Plan[] | string> {
    const target = await this.target();
    const [state, extra] = await Promise.all([this.state(), rollbackDeployment.observe(target, clients)]);
    const input = { target, state, extra, params: undefined, labels: {}, now: Date.now() };
    const answer = rollbackDeployment.plan(input);
    return 'ok' in answer ? answer.reason : answer;
  }
  /** Waits for the roll-out of something bad to show, and plans. */
  plan(): Promise<Plan> {
    return cluster.waitFor(`a plan for ${this.name}`, async () => {
      const answer = await this.answer();
      return typeof answer === 'string' ? undefined : answer[0];
    });
  }
}

describe.concurrent('a real Deployment is rolled back', () => {
  it('from a bad image, once, however often it is applied, and is well', async () => {
    const web = new Subject('image');
    await web.rollOut();
    await web.apply({ image: images.bad });
    const plan = await web.plan();
    expect(plan.summary).toBe(
      `roll deployment ${namespace}/image back to revision 1 (image ${images.v1}), from revision 2 (image ${images.bad})`,
    );
    const before = await web.state();
    expect(rollbackDeployment.verify({ before, state: before, change: plan.change }).ok).toBe(false);
    expect(await rollbackDeployment.settled(plan.change, clients)).toBe('not-done');
    await rollbackDeployment.apply(plan.change, clients, signal);
    const { generation } = (await web.read())?.metadata ?? {};
    // A worker that was killed, and its successor; then a late one, when all is over.
    await rollbackDeployment.apply(plan.change, clients, signal);
    expect(await rollbackDeployment.settled(plan.change, clients)).toBe('done');
    await web.untilWell();
    await rollbackDeployment.apply(plan.change, clients, signal);
    expect((await web.read())?.metadata.generation).toBe(generation);
    expect(await web.image()).toBe(images.v1);
    expect(rollbackDeployment.verify({ before, state: await web.state(), change: plan.change })).toMatchObject({
      ok: true,
    });
    // The old ReplicaSet took over again: the template is the very same.
    const sets = await cluster.list('replicasets.apps', namespace, 'app=image');
    expect(sets.map(({ spec }) => spec.replicas ?? 0).toSorted((a, b) => a - b)).toEqual([0, 2]);
  });

  it('from a bad command after two good roll-outs, to the second', async () => {
    const web = new Subject('command');
    await web.rollOut();
    await web.rollOut({ image: images.v2 });
    await web.apply({ image: images.v2, command: 'exit 3', container: { readinessProbe: probe } });
    const plan = await web.plan();
    expect(plan.summary).toBe(
      `roll deployment ${namespace}/command back to revision 2, from revision 3, which differs in command of app`,
    );
    await Promise.all([1, 2].map(() => rollbackDeployment.apply(plan.change, clients, signal)));
    await web.untilWell();
    expect(await web.image()).toBe(images.v2);
    expect((await web.read())?.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('4');
  });

  it('and back again, when it did not help', async () => {
    const web = new Subject('undo');
    await web.rollOut();
    await web.apply({ image: images.bad });
    const { change } = await web.plan();
    await rollbackDeployment.apply(change, clients, signal);
    await rollbackDeployment.undo(change, clients, signal);
    await rollbackDeployment.undo(change, clients, signal);
    expect(await web.image()).toBe(images.bad);
    // From there the same good one is found again, under its new number, and not the bad one under its old.
    await cluster.waitFor('the controller', async () => (await web.state()).observed);
    expect(await web.plan()).toMatchObject({ change: { to: { revision: 3 } } });
  });

  it('with no regard to what is written beside the template meanwhile', async () => {
    const web = new Subject('busy');
    await web.rollOut();
    await web.apply({ image: images.bad });
    const { change } = await web.plan();
    await cluster.patch('deployments.apps', { namespace, name: 'busy' }, { spec: { replicas: 3 } });
    await rollbackDeployment.apply(change, clients, signal);
    await web.untilWell();
    expect(await web.state()).toMatchObject({ desired: 3, ready: 3 });
    expect(await web.image()).toBe(images.v1);
  });
});

describe.concurrent('a real Deployment is not rolled back', () => {
  it('without history', async () => {
    const web = new Subject('young');
    await web.apply({ image: images.bad });
    await cluster.waitFor('its trouble', async () => (await web.state()).ill > 0);
    expect(await web.answer()).toMatch(/is not rolled back: there is no earlier revision: /);
  });

  it('to a revision whose pods are all gone', async () => {
    const web = new Subject('recreated');
    const spec = { strategy: { type: 'Recreate' } };
    await web.rollOut({ spec });
    await web.apply({ spec, image: images.bad });
    await cluster.waitFor('its trouble', async () => (await web.state()).ill > 0);
    expect(await web.answer()).toMatch(/no earlier revision is seen to work: revision 1 is there, but no pod of it/);
  });

  it('over a third template, whose writer is named', async () => {
    const web = new Subject('contested');
    await web.rollOut();
    await web.apply({ image: images.bad });
    const { change } = await web.plan();
    await web.apply({ image: images.v2 }, 'release-bot');
    await expect(rollbackDeployment.apply(change, clients, signal)).rejects.toMatchObject({
      message: expect.stringContaining('meanwhile (release-bot)'),
      reason: 'conflict',
      retryable: false,
    });
    expect(await web.image()).toBe(images.v2);
  });

  it('for long where a second writer applies the bad one again, who is named', async () => {
    const web = new Subject('reverted');
    await web.rollOut();
    await web.apply({ image: images.bad }, 'second-writer');
    const { change } = await web.plan();
    const before = await web.state();
    await rollbackDeployment.apply(change, clients, signal);
    expect(rollbackDeployment.verify({ before, state: await web.state(), change }).ok).toBe(true);
    await web.apply({ image: images.bad }, 'second-writer');
    expect(rollbackDeployment.verify({ before, state: await web.state(), change })).toMatchObject({
      ok: false,
      certain: true,
      reason: expect.stringMatching(/was taken back by .*second-writer/),
    });
    // And there is nothing of ours to take back.
    await rollbackDeployment.undo(change, clients, signal);
    expect(await web.image()).toBe(images.bad);
  });
});
