import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { actions } from '../../src/actions/index.ts';
import { createDockerClient } from '../../src/clients/docker.ts';
import type { Action } from '../../src/domain/action.ts';
import type { Clients, ContainerState } from '../../src/domain/clients.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { targets } from '../../src/targets/index.ts';
import { fakeDockerEngine, type FakeEngine } from '../fakes/docker-engine.ts';

/** What every action promises, whoever wrote it. A new one adds a state in which it has something to do. */
const toDo: Readonly<Record<string, { readonly state: Partial<ContainerState>; readonly call: RegExp }>> = {
  'restart/container': { state: { health: 'unhealthy' }, call: /^POST .*\/restart/ },
  'start/container': { state: { status: 'exited', exitCode: 137 }, call: /^POST .*\/start/ },
  'unpause/container': { state: { status: 'paused' }, call: /^POST .*\/unpause/ },
};
const signal = new AbortController().signal;

let engine: FakeEngine;
let clients: Clients;
let web: ContainerState;

beforeEach(async () => {
  engine = await fakeDockerEngine();
  const client = await createDockerClient({ name: 'edge-1', host: engine.host, instances: [] });
  clients = { docker: new Map([['edge-1', client]]), kubernetes: new Map() };
});
afterEach(() => engine.close());

function plan(action: Action): Plan {
  const plans = action.plan(input());
  if ('ok' in plans || plans[0] === undefined)
    throw new Error(`${action.key} has nothing to do: ${JSON.stringify(plans)}`);
  return plans[0];
}
const input = () => ({
  target: { kind: 'container', key: 'docker/edge-1/container/web', uid: web.id },
  state: web,
  extra: undefined,
  params: undefined,
  labels: {},
  now: 1,
});
const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe.each(actions.map((action) => [action.key, action] as const))('%s', (key, action) => {
  it('has a key that is its folder and its file, a paragraph, and a target kind that exists', () => {
    expect(key).toBe(`${action.verb}/${action.on}`);
    expect(existsSync(new URL(`../../src/actions/${key}.ts`, import.meta.url))).toBe(true);
    expect(existsSync(new URL(`../../src/actions/${action.verb}/README.md`, import.meta.url))).toBe(true);
    expect(targets.map(({ kind }) => kind)).toContain(action.on);
  });

  it('takes no unknown parameters', () => {
    expect(action.params.safeParse({ bogus: 1 }).success).toBe(false);
  });

  it('says which calls it needs', () => {
    expect(action.permissions.length).toBeGreaterThan(0);
  });

  it('refuses a change that is not its own', async () => {
    const nobody = { docker: new Map(), kubernetes: new Map() };
    await expect(async () => action.apply({ id: '../x' }, nobody, signal)).rejects.toThrow();
  });
});

// What goes by what is remembered has the same promises tested on a real engine: test/docker/known-good-*; what asks for
// backups and restores on real repositories: test/integration/backup-step.test.ts, restore-step.test.ts.
const elsewhere = ['rollback/container', 'redeploy/container', 'backup/container', 'restore-data/container'];
const onContainers = actions.filter(({ on, key }) => on === 'container' && !elsewhere.includes(key));
describe.each(onContainers.map((action) => [action.key, action] as const))('%s', (key, action) => {
  const { state, call } = toDo[key] ?? { state: {}, call: /add a state to toDo above/ };
  beforeEach(() => {
    web = engine.add({ name: 'web', ...state });
  });

  it('takes no parameters and empty ones alike, and no unknown ones', () => {
    const none: unknown = action.params.parse(undefined);
    expect(action.params.parse({})).toEqual(none);
    expect(action.params.safeParse({ bogus: 1 }).success).toBe(false);
  });

  it('plans the same for the same state, without asking anybody, as plain data', () => {
    const first = plan(action);
    expect(plan(action)).toEqual(first);
    expect(throughJson(first)).toEqual(first);
    expect(first.touches[0]).toBe('docker/edge-1/container/web');
    expect(first.summary).toContain(`${action.verb} ${action.on} web`);
    expect(first.ownTimeMs).toBeGreaterThan(0);
    expect(engine.requests).toEqual([]);
  });

  it('has nothing to do for a container that is well, and says why', () => {
    const { health: _ill, ...well } = web;
    const answer = action.plan({ ...input(), state: { ...well, status: 'running', exitCode: 0 } });
    expect(answer).toMatchObject({ ok: false, reason: expect.stringMatching(/^container web .{10,}/) });
  });

  it('applied twice is applied once, also when the change has been in the store', async () => {
    const change = throughJson(plan(action).change);
    await action.apply(change, clients, signal);
    await action.apply(change, clients, signal);
    expect(engine.count(call)).toBe(1);
    expect(engine.count(/^POST /)).toBe(1);
  });

  it('knows whether it was done', async () => {
    const { change } = plan(action);
    expect(await action.settled(change, clients)).toBe('not-done');
    await action.apply(change, clients, signal);
    expect(await action.settled(change, clients)).toBe('done');
    engine.fail(/json/, 'reset');
    expect(await action.settled(change, clients)).toBe('unknown');
  });

  it('is not sure after the engine broke off in its middle, and looks before it acts again', async () => {
    const { change } = plan(action);
    engine.fail(/^POST /, 'reset');
    await expect(action.apply(change, clients, signal)).rejects.toMatchObject({
      reason: 'unreachable',
      retryable: true,
    });
    engine.fail(/^POST /, undefined);
    // The engine had done it all the same.
    engine.set(web.id, { status: 'running', startedAt: web.startedAt + 1 });
    await action.apply(change, clients, signal);
    expect(engine.count(/^POST /)).toBe(1);
  });

  it.each<[number, string, boolean]>([
    [429, 'rate-limited', true],
    [500, 'server-error', true],
    [409, 'conflict', false],
  ])('passes HTTP %d on as %s', async (status, reason, retryable) => {
    const { change } = plan(action);
    engine.fail(/^POST /, { status, body: '{"message":"because"}' });
    await expect(action.apply(change, clients, signal)).rejects.toMatchObject({
      name: 'ActionError',
      reason,
      retryable,
    });
  });

  it('stops when it is told to, while the engine hangs', async () => {
    const { change } = plan(action);
    engine.fail(/./, 'hang');
    await expect(action.apply(change, clients, AbortSignal.abort())).rejects.toMatchObject({ reason: 'aborted' });
  });

  it('fails for good once the container or its engine is gone', async () => {
    const { change } = plan(action);
    engine.remove(web.id);
    const gone = { name: 'ActionError', reason: 'not-found', retryable: false };
    await expect(action.apply(change, clients, signal)).rejects.toMatchObject(gone);
    await expect(action.apply(change, { docker: new Map(), kubernetes: new Map() }, signal)).rejects.toMatchObject(
      gone,
    );
  });

  it('refuses a change that is not its own', async () => {
    await expect(async () => action.apply({ id: '../x' }, clients, signal)).rejects.toThrow();
    await expect(async () => action.apply({ ...web, more: 1 }, clients, signal)).rejects.toThrow();
    expect(engine.requests).toEqual([]);
  });
});
