import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DockerClient } from '../domain/clients.ts';
import type { ObjectEvent } from '../domain/docker-objects.ts';
import { createDockerClient } from './docker.ts';

let server: Server;
let client: DockerClient;
let answer: { readonly status: number; readonly body: string } | 'hang';
const asked: { readonly line: string; readonly body: unknown }[] = [];
const signal = new AbortController().signal;

beforeEach(async () => {
  asked.length = 0;
  answer = { status: 204, body: '' };
  server = createServer((req, res) => {
    let text = '';
    req.on('data', (chunk: Buffer) => (text += String(chunk)));
    req.on('end', () => {
      asked.push({ line: `${req.method} ${req.url}`, body: text === '' ? {} : JSON.parse(text) });
      if (answer === 'hang') return;
      res.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A server that listens on TCP has an address of this shape.
  const { port } = server.address() as AddressInfo;
  client = await createDockerClient({ name: 'edge-1', host: `tcp://127.0.0.1:${port}`, instances: [] });
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

describe('what is written', () => {
  it.each<[string, () => Promise<unknown>, string, object]>([
    ['a stop', () => client.stop('c/1', 3, signal), 'POST /containers/c%2F1/stop?t=3', {}],
    ['a rename', () => client.rename('c1', 'old', signal), 'POST /containers/c1/rename?name=old', {}],
    [
      'a removal, never with its volumes',
      () => client.remove('c1', signal),
      'DELETE /containers/c1?v=false&force=false',
      {},
    ],
    ['limits', () => client.update('c1', { Memory: 64 }, signal), 'POST /containers/c1/update', { Memory: 64 }],
    [
      'a way into a network',
      () => client.connect('back', 'c1', { Aliases: ['db'] }, signal),
      'POST /networks/back/connect',
      { Container: 'c1', EndpointConfig: { Aliases: ['db'] } },
    ],
    [
      'a way out of it',
      () => client.disconnect('back', 'c1', signal),
      'POST /networks/back/disconnect',
      { Container: 'c1', Force: true },
    ],
    [
      'a network, of which there may be one',
      () => client.createNetwork({ Name: 'back' }, signal),
      'POST /networks/create',
      { Name: 'back', CheckDuplicate: true },
    ],
    ['a name', () => client.tag('sha256:1', 'kept', '1', signal), 'POST /images/sha256%3A1/tag?repo=kept&tag=1', {}],
  ])('is %s', async (_what, write, line, body) => {
    await write();
    expect(asked).toEqual([{ line, body }]);
  });

  it('is a container, whose id is told', async () => {
    answer = { status: 201, body: '{"Id":"c9","Warnings":[]}' };
    expect(await client.create('web', { Image: 'app:1' }, signal)).toBe('c9');
    expect(asked).toEqual([{ line: 'POST /containers/create?name=web', body: { Image: 'app:1' } }]);
  });

  it('is done when there was nothing to do', async () => {
    answer = { status: 304, body: '' };
    await client.stop('c1', 3, signal);
    answer = { status: 404, body: '{"message":"No such container: c1"}' };
    await client.remove('c1', signal);
  });

  it.each([
    [409, 'conflict', false],
    [404, 'not-found', false],
    [500, 'server-error', true],
    [400, 'bad-request', false],
  ])('and refused with %i is an ActionError: %s', async (status, reason, retryable) => {
    answer = { status, body: '{"message":"no"}' };
    await expect(client.create('web', {}, signal)).rejects.toMatchObject({ name: 'ActionError', reason, retryable });
  });

  it('is given up when the caller aborts', async () => {
    answer = 'hang';
    await expect(client.rename('c1', 'old', AbortSignal.timeout(50))).rejects.toMatchObject({ reason: 'aborted' });
  });
});

describe('what is read', () => {
  it('is the image that a reference means, and nothing where there is none', async () => {
    answer = { status: 200, body: '{"Id":"sha256:1"}' };
    expect(await client.image('quay.io:443/shop/web:1')).toEqual({ id: 'sha256:1', digests: [] });
    expect(asked[0]?.line).toBe('GET /images/quay.io%3A443/shop/web%3A1/json');
    answer = { status: 404, body: '{"message":"No such image"}' };
    expect(await client.image('gone')).toBeUndefined();
  });

  it('is the word of the engine on itself', async () => {
    answer = { status: 200, body: '{"ServerVersion":"28.2.2"}' };
    expect(await client.info()).toEqual({ ServerVersion: '28.2.2' });
    expect(asked[0]?.line).toBe('GET /info');
    answer = { status: 200, body: '[]' };
    await expect(client.info()).rejects.toMatchObject({ reason: 'server-error' });
  });

  it('are networks and volumes', async () => {
    answer = { status: 200, body: '[{"Name":"back"}]' };
    expect(await client.networks()).toEqual([{ Name: 'back' }]);
    answer = { status: 200, body: '{"Volumes":[{"Name":"v"}]}' };
    expect(await client.volumes()).toEqual([{ Name: 'v' }]);
    answer = { status: 200, body: '{"Volumes":null}' };
    expect(await client.volumes()).toEqual([]);
  });

  it('are events of all three, with the container they are about', async () => {
    const line = (Type: string, Action: string, ID: string, Attributes?: object): string =>
      `${JSON.stringify({ Type, Action, Actor: { ID, Attributes }, timeNano: 5e6 })}\n`;
    const body =
      line('container', 'start', 'c1') +
      line('network', 'connect', 'n1', { container: 'c1' }) +
      line('volume', 'create', 'v');
    answer = { status: 200, body };
    const events: ObjectEvent[] = [];
    await expect(client.objectEvents((event) => events.push(event), signal)).rejects.toMatchObject({
      name: 'ActionError',
      reason: 'unreachable',
    });
    expect(events).toEqual([
      { type: 'container', action: 'start', id: 'c1', container: 'c1', at: 5 },
      { type: 'network', action: 'connect', id: 'n1', container: 'c1', at: 5 },
      { type: 'volume', action: 'create', id: 'v', container: '', at: 5 },
    ]);
  });

  it('is no page of another server', async () => {
    answer = { status: 200, body: '<html>\n' };
    await expect(client.objectEvents(() => undefined, signal)).rejects.toMatchObject({ reason: 'server-error' });
    await expect(client.networks()).rejects.toMatchObject({ reason: 'server-error' });
  });
});
