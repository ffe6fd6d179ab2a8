import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeDockerEngine, type FakeEngine } from '../../test/fakes/docker-engine.ts';
import { recalled } from '../../test/fakes/recalled-definitions.ts';
import { createDockerClient } from '../clients/docker.ts';
import type { Clients, ContainerState, DockerClient } from '../domain/clients.ts';
import { currentDefinition } from '../known-good/docker/current-definition.ts';
import { goTo, settledAs, takeBack } from './container-writer.ts';
import type { Change } from './rollback/container-change.ts';

const { signal } = new AbortController();

let engine: FakeEngine;
let docker: DockerClient;
let clients: Clients;
let web: ContainerState;
let change: Change;

beforeEach(async () => {
  engine = await fakeDockerEngine();
  docker = await createDockerClient({ name: 'edge-1', host: engine.host, instances: [] });
  web = engine.add({ name: 'web', restartPolicy: 'always' });
  const from = await currentDefinition(docker, web.id);
  if (from === undefined) throw new Error('it is there');
  const to = { ...from.definition, env: { MODE: 'good' } };
  const knownGood = recalled('docker/edge-1/container/web', { [from.hash]: from.definition, good: to });
  clients = { docker: new Map([['edge-1', docker]]), kubernetes: new Map(), knownGood };
  change = {
    engine: 'edge-1',
    id: web.id,
    name: 'web',
    startedAt: web.startedAt,
    from: from.hash,
    to: 'good',
    way: 'recreate',
    networks: [],
    ran: true,
    stopTimeoutS: 1,
    stableMs: 1,
    withinMs: 1,
  };
});
afterEach(() => engine.close());

const keptAs = (): string => `web-paramedic-kept-${web.id.slice(0, 12)}`;
const wrote = (): void => engine.changes(web.id, [{ Path: '/app/data.db', Kind: 1 }]);
const names = async (): Promise<readonly string[]> => (await docker.list()).map(({ name }) => name).toSorted();

describe('a container that another one was made in the place of', () => {
  it('is removed where it has written nothing', async () => {
    await goTo(change, clients, signal);
    expect(await names()).toEqual(['web']);
  });

  it('is kept, and does not come up by itself, where it has written outside of its volumes', async () => {
    wrote();
    await goTo(change, clients, signal);
    await goTo(change, clients, signal);
    expect(await names()).toEqual(['web', keptAs()]);
    expect(await docker.inspect(web.id)).toMatchObject({ name: keptAs(), status: 'exited', restartPolicy: 'no' });
    expect(await settledAs(change, clients)).toBe('done');
    expect(engine.count(/\/containers\/create/)).toBe(1);
  });

  it('is kept where the engine does not tell what it has written', async () => {
    engine.fail(/\/changes$/, { status: 403, body: '{"message":"no"}' });
    await goTo(change, clients, signal);
    expect(await names()).toEqual(['web', keptAs()]);
  });

  it('is the very one that an undo puts back, with the restart policy it had', async () => {
    wrote();
    await goTo(change, clients, signal);
    await takeBack(change, clients, signal);
    await takeBack(change, clients, signal);
    expect(await names()).toEqual(['web']);
    expect(await docker.inspect('web')).toMatchObject({ id: web.id, status: 'running', restartPolicy: 'always' });
    expect((await currentDefinition(docker, web.id))?.hash).toBe(change.from);
  });

  it('is put back by nobody once somebody has made another one', async () => {
    wrote();
    await goTo(change, clients, signal);
    const made = await docker.inspect('web');
    engine.remove(made?.id ?? '');
    const theirs = engine.add({ name: 'web' });
    await takeBack(change, clients, signal);
    expect((await docker.inspect('web'))?.id).toBe(theirs.id);
    expect((await docker.inspect(web.id))?.status).toBe('exited');
  });

  it.each(['rename', 'update'])('is kept by the next run where one died before the %s', async (act) => {
    wrote();
    const cut = new RegExp(`/${act}`);
    if (act === 'rename') {
      // The first rename sets it aside, and is let through.
      await docker.stop(web.id, 1, signal);
      await docker.rename(web.id, `web-paramedic-old-${web.id.slice(0, 12)}`, signal);
    }
    engine.fail(cut, { status: 500, body: '{"message":"cut off"}' });
    await expect(goTo(change, clients, signal)).rejects.toMatchObject({ reason: 'server-error' });
    expect(await settledAs(change, clients)).toBe('half-done');
    engine.fail(cut, undefined);
    await goTo(change, clients, signal);
    expect(await settledAs(change, clients)).toBe('done');
    expect(await docker.inspect(web.id)).toMatchObject({ name: keptAs(), restartPolicy: 'no' });
    expect(engine.count(/\/containers\/create/)).toBe(1);
  });
});
