import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventLine, fakeDockerEngine, type FakeEngine } from '../../test/fakes/docker-engine.ts';
import { createDockerClient } from '../clients/docker.ts';
import { watchContainers } from './container-state.ts';

let engine: FakeEngine;
let registry: Registry;
let errors: string[];
let stop: () => Promise<void>;

beforeEach(async () => {
  engine = await fakeDockerEngine();
  registry = new Registry();
  errors = [];
});
afterEach(async () => {
  await stop();
  await engine.close();
});

async function watch(resyncMs: number): Promise<void> {
  const client = await createDockerClient({ name: 'edge-1', host: engine.host, instances: [] });
  const controller = new AbortController();
  const watched = watchContainers(new Map([['edge-1', client]]), registry, {
    resyncMs,
    signal: controller.signal,
    onError: (name, error) => void errors.push(`${name}: ${String(error)}`),
  });
  stop = () => {
    controller.abort();
    return watched;
  };
}

const series = async (): Promise<readonly string[]> =>
  (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
const has = (...lines: readonly string[]): Promise<void> =>
  vi.waitFor(async () => expect(await series()).toEqual(expect.arrayContaining([...lines])), { timeout: 10_000 });
const of = (name: string, more = ''): string =>
  `{engine="edge-1",name="${name}",compose_project="",compose_service=""${more}}`;

describe('the state of the containers', () => {
  it('is not told of one that stands aside for another, nor of a drill', async () => {
    engine.add({ name: 'web-paramedic-old-0123456789ab', status: 'exited', exitCode: 1 });
    engine.add({ name: 'paramedic-drill-0123456789ab', status: 'exited', exitCode: 1 });
    engine.add({ name: 'web' });
    await watch(60_000);
    await has(`paramedic_container_exit_code${of('web')} 0`);
    expect((await series()).filter((line) => line.includes('paramedic-'))).toEqual([]);
  });

  it('is on /metrics with every series', async () => {
    engine.add({
      name: 'shop-web-1',
      status: 'exited',
      exitCode: 137,
      oomKilled: true,
      health: 'unhealthy',
      restartCount: 3,
      startedAt: 1_732_528_000_250,
      finishedAt: 1_732_528_001_500,
      labels: { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web' },
    });
    await watch(60_000);
    const labels = 'engine="edge-1",name="shop-web-1",compose_project="shop",compose_service="web"';
    await has(`paramedic_container_exit_code{${labels}} 137`);
    const others = ['created', 'running', 'paused', 'restarting', 'removing', 'dead'];
    expect((await series()).toSorted()).toEqual(
      [
        'paramedic_engine_up{engine="edge-1"} 1',
        `paramedic_container_state{${labels},state="exited"} 1`,
        ...others.map((state) => `paramedic_container_state{${labels},state="${state}"} 0`),
        `paramedic_container_health{${labels},health="unhealthy"} 1`,
        `paramedic_container_health{${labels},health="healthy"} 0`,
        `paramedic_container_health{${labels},health="starting"} 0`,
        `paramedic_container_oom_killed{${labels}} 1`,
        `paramedic_container_exit_code{${labels}} 137`,
        `paramedic_container_started_timestamp_seconds{${labels}} 1732528000.25`,
        `paramedic_container_finished_timestamp_seconds{${labels}} 1732528001.5`,
        `paramedic_container_restarts_total{${labels}} 3`,
      ].toSorted(),
    );
  });

  it('is not asked for by a scrape', async () => {
    engine.add({ name: 'web' });
    await watch(60_000);
    await has(`paramedic_container_state${of('web', ',state="running"')} 1`);
    const before = engine.requests.length;
    await Promise.all(Array.from({ length: 20 }, () => registry.metrics()));
    expect(engine.requests.length).toBe(before);
  });

  it('has no health where there is no health check', async () => {
    engine.add({ name: 'web' });
    await watch(60_000);
    await has(`paramedic_container_state${of('web', ',state="running"')} 1`);
    expect((await series()).filter((line) => line.includes('_health'))).toEqual([]);
  });

  it('follows the events, and those of health checks ask for nothing', async () => {
    const web = engine.add({ name: 'web' });
    const db = engine.add({ name: 'db' });
    await watch(60_000);
    await has(
      `paramedic_container_state${of('web', ',state="running"')} 1`,
      `paramedic_container_state${of('db', ',state="running"')} 1`,
    );
    engine.emit(eventLine('exec_create: sh -c probe', db.id) + eventLine('exec_die', db.id));
    engine.set(web.id, { status: 'exited', exitCode: 1 });
    engine.emit(eventLine('die', web.id));
    await has(
      `paramedic_container_state${of('web', ',state="exited"')} 1`,
      `paramedic_container_state${of('web', ',state="running"')} 0`,
    );
    expect(engine.count(new RegExp(`${db.id}/json`))).toBe(1);
    expect(engine.count(new RegExp(`${web.id}/json`))).toBe(2);
  });

  it('can be watched again on the same registry, as a reload does', async () => {
    engine.add({ name: 'web' });
    await watch(60_000);
    await has(`paramedic_container_exit_code${of('web')} 0`);
    await stop();
    expect(await series()).toEqual([]);
    await watch(60_000);
    await has(`paramedic_container_exit_code${of('web')} 0`);
  });

  it('goes away with the container', async () => {
    const { id } = engine.add({ name: 'web' });
    engine.add({ name: 'db' });
    await watch(60_000);
    await has(`paramedic_container_exit_code${of('web')} 0`, `paramedic_container_exit_code${of('db')} 0`);
    engine.remove(id);
    engine.emit(eventLine('destroy', id));
    await vi.waitFor(async () => expect((await registry.metrics()).includes('"web"')).toBe(false), 30_000);
    expect((await registry.metrics()).includes('"db"')).toBe(true);
  });

  it('of one that was to run for good, and was removed while it ran, is that it is gone, until there is one of its name', async () => {
    const { id } = engine.add({ name: 'web', restartPolicy: 'always' });
    const stopped = engine.add({ name: 'db', restartPolicy: 'always' });
    await watch(60_000);
    await has(`paramedic_container_exit_code${of('web')} 0`, `paramedic_container_exit_code${of('db')} 0`);
    engine.emit(eventLine('stop', stopped.id));
    for (const one of [stopped.id, id]) {
      engine.remove(one);
      engine.emit(eventLine('destroy', one));
    }
    await has(`paramedic_container_gone${of('web')} 1`);
    expect((await registry.metrics()).includes('"db"')).toBe(false);
    const next = engine.add({ name: 'web' });
    engine.emit(eventLine('create', next.id));
    const gone = async () => (await series()).filter((line) => line.startsWith('paramedic_container_gone'));
    await vi.waitFor(async () => expect(await gone()).toEqual([]), 30_000);
    await has(`paramedic_container_exit_code${of('web')} 0`);
  });

  it('is read again from time to time, when an event was missed', async () => {
    const { id } = engine.add({ name: 'web' });
    await watch(50);
    await has(`paramedic_container_state${of('web', ',state="running"')} 1`);
    engine.set(id, { status: 'paused' });
    await has(`paramedic_container_state${of('web', ',state="paused"')} 1`);
  });

  it('of the others stays when one can not be read', async () => {
    const { id } = engine.add({ name: 'odd' });
    engine.add({ name: 'web' });
    engine.fail(new RegExp(`${id}/json`), { status: 500, body: '{"message":"odd"}' });
    await watch(60_000);
    await has('paramedic_engine_up{engine="edge-1"} 1', `paramedic_container_exit_code${of('web')} 0`);
    expect(errors).toEqual([`edge-1: ActionError: docker engine edge-1 did not inspect ${id}: HTTP 500: odd`]);
    expect((await registry.metrics()).includes('"odd"')).toBe(false);
  });
});

describe('an engine', () => {
  it('is down from the start when it does not answer', async () => {
    engine.fail(/./, 'reset');
    await watch(60_000);
    await vi.waitFor(() => expect(errors.length).toBeGreaterThan(0), 30_000);
    expect(await series()).toEqual(['paramedic_engine_up{engine="edge-1"} 0']);
  });

  it('that goes away takes the series of its containers along, and brings them back', async () => {
    engine.add({ name: 'web' });
    await watch(60_000);
    await engine.listened();
    await has(`paramedic_container_exit_code${of('web')} 0`);
    engine.fail(/./, 'reset');
    engine.breakEvents();
    await vi.waitFor(async () => expect(await series()).toEqual(['paramedic_engine_up{engine="edge-1"} 0']), 30_000);
    engine.fail(/./, undefined);
    await has('paramedic_engine_up{engine="edge-1"} 1', `paramedic_container_exit_code${of('web')} 0`);
  });

  it('that breaks off while a container is read is tried anew', async () => {
    engine.add({ name: 'web' });
    engine.fail(/\w{64}.json/, 'reset');
    await watch(60_000);
    await vi.waitFor(() => expect(engine.count(/events/)).toBeGreaterThan(1), { timeout: 10_000 });
    expect(errors[0]).toContain('can not be reached');
    engine.fail(/\w{64}.json/, undefined);
    await has('paramedic_engine_up{engine="edge-1"} 1', `paramedic_container_exit_code${of('web')} 0`);
  });

  it('whose events break off is read afresh', async () => {
    const { id } = engine.add({ name: 'web' });
    await watch(60_000);
    await engine.listened();
    await has(`paramedic_container_state${of('web', ',state="running"')} 1`);
    engine.set(id, { status: 'exited' });
    engine.breakEvents();
    await has(`paramedic_container_state${of('web', ',state="exited"')} 1`);
    expect(engine.count(/events/)).toBe(2);
  });
});
