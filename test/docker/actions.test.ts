import Docker from 'dockerode';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { actions } from '../../src/actions/index.ts';
import { createDockerClient } from '../../src/clients/docker.ts';
import type { Action } from '../../src/domain/action.ts';
import type { Clients, ContainerState } from '../../src/domain/clients.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { isTarget, type Target } from '../../src/domain/target.ts';
import { container } from '../../src/targets/container/container.ts';
import { testContainers, type Containers, type TestContainer } from '../harness/containers.ts';
import { watchEvents } from '../harness/docker-events.ts';
import { dockerSocket } from '../harness/docker-socket.ts';

const engine = new Docker({ socketPath: dockerSocket() });
let containers: Containers;
let clients: Clients;
const signal = new AbortController().signal;
const platforms = { docker: [{ name: 'local', instances: [] }], kubernetes: [] };
const forever = ['sh', '-c', 'trap "exit 0" TERM; while true; do sleep 0.1; done'];

beforeEach(async () => {
  containers = await testContainers();
  const client = await createDockerClient({ name: 'local', host: dockerSocket(), instances: [] });
  clients = { docker: new Map([['local', client]]), kubernetes: new Map() };
});
afterEach(() => containers.removeAll());

/** The whole way from the labels of an alert. */
async function targetOf(labels: Record<string, string>): Promise<Target> {
  const candidate = container.resolve(labels, platforms);
  if (candidate === undefined || 'ok' in candidate) throw new Error(`no candidate: ${JSON.stringify(candidate)}`);
  const target = await container.confirm(candidate, clients);
  if (!isTarget(target)) throw new Error(target.reason);
  return target;
}
async function observe(target: Target): Promise<ContainerState> {
  const state = await container.observe(target, clients);
  if (state === undefined) throw new Error(`${target.key} is gone`);
  return state;
}
function actionOf(key: string): Action {
  const action = actions.find((one) => one.key === key);
  if (action === undefined) throw new Error(`there is no action ${key}`);
  return action;
}
async function planOf(action: Action, target: Target): Promise<Plan | string> {
  const state = await observe(target);
  const extra = await action.observe(target, clients);
  const plans = action.plan({ target, state, extra, params: undefined, labels: {}, now: Date.now() });
  return 'ok' in plans ? plans.reason : (plans[0] ?? 'no plan');
}

/** Plans, applies twice, and tells how often each of the engine's events came. */
async function recover(key: string, { id, name }: TestContainer): Promise<Record<string, number>> {
  const action = actionOf(key);
  const target = await targetOf({ name });
  expect(target.uid).toBe(id);
  const before = await observe(target);
  const plan = await planOf(action, target);
  if (typeof plan === 'string') throw new Error(plan);
  expect(await action.settled(plan.change, clients)).toBe('not-done');
  expect(action.verify({ before, state: before, change: plan.change }).ok).toBe(false);
  const events = await watchEvents(id);
  await action.apply(plan.change, clients, signal);
  await action.apply(plan.change, clients, signal);
  await events.settled();
  events.close();
  expect(await action.settled(plan.change, clients)).toBe('done');
  expect(action.verify({ before, state: await observe(target), change: plan.change }).ok).toBe(true);
  return Object.fromEntries(['restart', 'start', 'unpause', 'kill'].map((word) => [word, events.count(word)]));
}

describe('on a real container', () => {
  it('start starts one that was killed, once', async () => {
    const web = await containers.run('web', forever);
    await web.kill();
    await web.until('exited');
    expect(container.symptoms(await observe(await targetOf({ name: web.name })))).toEqual(['exited with code 137']);
    expect(await recover('start/container', web)).toEqual({ restart: 0, start: 1, unpause: 0, kill: 0 });
    expect(container.symptoms(await observe(await targetOf({ name: web.name })))).toEqual([]);
  });

  it('start leaves alone what somebody stopped, whatever its exit code', async () => {
    const stubborn = await containers.run('web', ['sh', '-c', 'trap "" TERM; while true; do sleep 0.1; done']);
    await engine.getContainer(stubborn.id).stop({ t: 1 });
    await stubborn.until('exited');
    const target = await targetOf({ name: stubborn.name });
    expect(await observe(target)).toMatchObject({ exitCode: 137 });
    expect(await planOf(actionOf('start/container'), target)).toMatch(
      /^container \S+ is not started: somebody stopped it at \S+Z, and what was stopped on purpose stays stopped$/,
    );
    // Started by hand and then killed, the stop before that says nothing any more.
    await engine.getContainer(stubborn.id).start();
    await stubborn.kill();
    await stubborn.until('exited');
    expect(await planOf(actionOf('start/container'), target)).toMatchObject({ touches: [target.key] });
  });

  it('restart restarts one whose health check fails, once, and it is well again', async () => {
    const web = await containers.web('web', { stopTimeoutS: 1 });
    await web.until('running', 'healthy');
    await web.hang();
    await web.until('running', 'unhealthy');
    expect(container.symptoms(await observe(await targetOf({ name: web.name })))).toEqual(['health check failing']);
    expect(await recover('restart/container', web)).toMatchObject({ restart: 1, start: 1, unpause: 0 });
    await web.until('running', 'healthy');
    expect(container.symptoms(await observe(await targetOf({ name: web.name })))).toEqual([]);
  });

  it('unpause lets a paused one go on, once', async () => {
    const web = await containers.run('web', forever);
    await containers.docker.getContainer(web.id).pause();
    expect(await recover('unpause/container', web)).toEqual({ restart: 0, start: 0, unpause: 1, kill: 0 });
    await web.until('running');
  });

  it('start is certain that it did not help when the container ends again at once', async () => {
    const bad = await containers.run('bad', ['sh', '-c', 'exit 3']);
    const { id, name } = bad;
    await bad.until('exited');
    const action = actionOf('start/container');
    const target = await targetOf({ name });
    const before = await observe(target);
    const plan = await planOf(action, target);
    if (typeof plan === 'string') throw new Error(plan);
    const events = await watchEvents(id);
    await action.apply(plan.change, clients, signal);
    await events.next('die');
    await bad.until('exited');
    // A run that died after its start looks first: it is down again, and all the same it was started.
    await action.apply(plan.change, clients, signal);
    await events.settled();
    events.close();
    expect(events.count('start')).toBe(1);
    expect(action.verify({ before, state: await observe(target), change: plan.change })).toEqual({
      ok: false,
      certain: true,
      reason: `container ${name} exited with code 3 again, and its restart policy "no" leaves it down`,
    });
  });

  it('nothing is done to a crash loop, which its restart policy is at already', async () => {
    const loop = await containers.run('loop', ['sh', '-c', 'exit 3'], {
      create: { HostConfig: { RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } } },
    });
    await loop.until('restarting');
    const state = await observe(await targetOf({ name: loop.name }));
    // What goes by what is remembered is tested in known-good-*.
    const blunt = ['start/container', 'restart/container', 'unpause/container'];
    const onContainers = actions.filter(({ key }) => blunt.includes(key));
    const reasons = onContainers.map((action) =>
      action.plan({
        target: { kind: 'container', key: `docker/local/container/${loop.name}`, uid: loop.id },
        state: { ...state, status: 'restarting' },
        extra: undefined,
        params: undefined,
        labels: {},
        now: Date.now(),
      }),
    );
    expect(reasons).toEqual(onContainers.map(() => expect.objectContaining({ ok: false })));
    expect(container.unsettled(state, Date.now(), 60_000)).toBe(true);
  });
});

describe('a real container is found', () => {
  const compose = {
    'com.docker.compose.project': 'shop',
    'com.docker.compose.service': 'web',
    'com.docker.compose.oneoff': 'False',
  };

  it('by its id in the place of its name, and in its cgroup', async () => {
    const { id, name } = await containers.run('web', forever);
    const target = { kind: 'container', key: `docker/local/container/${name}`, uid: id };
    expect(await targetOf({ name: id })).toEqual(target);
    expect(await targetOf({ id: `/system.slice/docker-${id}.scope` })).toEqual(target);
  });

  it('by compose project and service, and with the number where there are two', async () => {
    const project = containers.prefix;
    const labels = (number: string) => ({
      ...compose,
      'com.docker.compose.project': project,
      'com.docker.compose.container-number': number,
    });
    const first = await containers.run('web-1', forever, { labels: labels('1') });
    const named = { compose_project: project, compose_service: 'web' };
    expect(await targetOf(named)).toMatchObject({ uid: first.id });
    const second = await containers.run('web-2', forever, { labels: labels('2') });
    await expect(targetOf(named)).rejects.toThrow(`could be any of: ${first.name} on local, ${second.name} on local`);
    expect(
      await targetOf({
        container_label_com_docker_compose_project: project,
        container_label_com_docker_compose_service: 'web',
        container_label_com_docker_compose_container_number: '2',
      }),
    ).toMatchObject({ uid: second.id });
  });

  it('not by the start of its id, and not when it asks to be left alone', async () => {
    const { id, name } = await containers.run('web', forever, { labels: { 'paramedic.dev/mode': 'none' } });
    await expect(targetOf({ name: id.slice(0, 12) })).rejects.toThrow('there is no container');
    await expect(targetOf({ name })).rejects.toThrow('its label paramedic.dev/mode is none');
  });

  it('and lost once another one has taken its name', async () => {
    const old = await containers.run('web', forever);
    const target = await targetOf({ name: old.name });
    await containers.docker.getContainer(old.id).rename({ name: `${old.name}-old` });
    const successor = await containers.run('web', forever);
    expect(await container.observe(target, clients)).toBeUndefined();
    expect((await targetOf({ name: old.name })).uid).toBe(successor.id);
  });
});
