import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventLine, fakeDockerEngine, frame, type FakeEngine } from '../../test/fakes/docker-engine.ts';
import type { DockerClient } from '../domain/clients.ts';
import { createDockerClient } from './docker.ts';

let engine: FakeEngine;
let client: DockerClient;
const tail = { lines: 100, maxBytes: 1_000 };

beforeEach(async () => {
  engine = await fakeDockerEngine();
  client = await createDockerClient({ name: 'edge-1', host: engine.host, instances: [] });
});
afterEach(() => engine.close());

describe('the log', () => {
  it('of both streams comes in one, and so many lines of it are asked for, with their times', async () => {
    const { id } = engine.add({ name: 'web' });
    engine.log(id, Buffer.concat([frame(1, 'one\n'), frame(2, 'two\n')]));
    expect(await client.logs(id, tail)).toBe('one\ntwo\n');
    const asked = new URLSearchParams(engine.requests.at(-1)?.split('?')[1]);
    expect(Object.fromEntries(asked)).toEqual({ stdout: 'true', stderr: 'true', timestamps: 'true', tail: '100' });
  });

  it('of one with a terminal is no frames', async () => {
    const { id } = engine.add({ name: 'web' });
    engine.log(id, Buffer.from('one\r\n'), { Config: { Tty: true } });
    expect(await client.logs(id, tail)).toBe('one\r\n');
  });

  it.each([
    ['forbidden', { status: 403, body: '{"message":"no"}' }],
    ['not-found', { status: 404, body: '{"message":"No such container"}' }],
    ['server-error', { status: 404, body: '<html>nginx</html>' }],
    ['server-error', { status: 501, body: '{"message":"configured logging driver does not support reading"}' }],
    ['server-error', { status: 200, body: 'something else than frames' }],
    ['unreachable', 'reset'],
    ['timeout', 'hang'],
  ] as const)('that is not to be had is an ActionError: %s', { timeout: 15_000 }, async (reason, fault) => {
    const { id } = engine.add({ name: 'web' });
    engine.fail(/logs/, fault);
    await expect(client.logs(id, tail)).rejects.toMatchObject({ name: 'ActionError', reason });
  });

  it('of what is not there is not-found', async () => {
    await expect(client.logs('nope', tail)).rejects.toMatchObject({ name: 'ActionError', reason: 'not-found' });
  });
});

it('describes a container with all that the engine tells, and nothing for what is not there', async () => {
  const { id } = engine.add({ name: 'web' });
  engine.log(id, Buffer.alloc(0), { Config: { Env: ['A=b'] } });
  expect(await client.describe(id)).toMatchObject({ Id: id, Config: { Env: ['A=b'], Image: 'shop/web:1' } });
  expect(await client.describe('nope')).toBeUndefined();
});

it('tells what the engine remembers of its events, and asks about no more than what is past', async () => {
  engine.past(eventLine('die', 'c1') + eventLine('health_status: unhealthy', 'c1'));
  expect((await client.history('c1', 1_000)).map(({ action }) => action)).toEqual(['die', 'health_status: unhealthy']);
  const asked = new URLSearchParams(engine.requests.at(-1)?.split('?')[1]);
  expect(asked.get('since')).toBe('1');
  expect(Number(asked.get('until'))).toBeLessThanOrEqual(Date.now() / 1000 + 1);
  engine.past('<html>');
  await expect(client.history('c1', 1_000)).resolves.toEqual([]);
  engine.past('<html>\n');
  await expect(client.history('c1', 1_000)).rejects.toMatchObject({ name: 'ActionError', reason: 'server-error' });
});
