import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { drillLabel } from '../domain/drill-things.ts';
import { failureOf } from '../../test/fakes/failure-of.ts';
import type { DockerClient } from '../domain/clients.ts';
import { createDockerClient } from './docker.ts';

let server: Server;
let client: DockerClient;
/** By the beginning of the request. */
let answers: Readonly<Record<string, readonly [status: number, body: object]>>;
const asked: string[] = [];
const signal = new AbortController().signal;

beforeEach(async () => {
  asked.length = 0;
  answers = {};
  server = createServer((req, res) => {
    const line = `${req.method} ${req.url}`;
    let text = '';
    req.on('data', (chunk: Buffer) => (text += String(chunk)));
    req.on('end', () => {
      asked.push(`${line} ${text}`.trim());
      const [status, body] = Object.entries(answers).find(([begin]) => line.startsWith(begin))?.[1] ?? [204, {}];
      res.writeHead(status, { 'content-type': 'application/json' }).end(status === 204 ? '' : JSON.stringify(body));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  client = await createDockerClient({ name: 'edge-1', host: `tcp://127.0.0.1:${port}`, instances: [] });
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const gone = [404, { message: 'no such thing' }] as const;

describe('a container that was never started', () => {
  it('is discarded with the volumes that came with it', async () => {
    answers = { GET: [200, { State: { Status: 'created' } }] };
    await client.discard('c/1', signal);
    expect(asked).toEqual(['GET /containers/c%2F1/json', 'DELETE /containers/c%2F1?v=true&force=false']);
  });

  it.each(['running', 'exited', 'dead', 'paused'])('is not one that is %s', async (Status) => {
    answers = { GET: [200, { State: { Status } }] };
    const error = await failureOf(client.discard('c1', signal));
    expect([error.reason, error.retryable, error.message]).toEqual([
      'conflict',
      false,
      `docker engine edge-1: would not discard c1: it was started, it is ${Status}`,
    ]);
    expect(asked).toEqual(['GET /containers/c1/json']);
  });

  it('may be gone before', async () => {
    answers = { GET: gone };
    await client.discard('c1', signal);
    answers = { GET: [200, { State: { Status: 'created' } }], DELETE: gone };
    await client.discard('c1', signal);
  });
});

describe('a container of a drill', () => {
  it('is removed with its volumes, also while it runs', async () => {
    answers = { GET: [200, { Config: { Labels: { [drillLabel]: 'd_1' } } }] };
    await client.discardDrill('c/1', signal);
    expect(asked).toEqual(['GET /containers/c%2F1/json', 'DELETE /containers/c%2F1?v=true&force=true']);
  });

  it.each([[null], [{}], [{ 'paramedic.dev/mode': 'act' }]])('is none with the labels %j', async (Labels) => {
    answers = { GET: [200, { Config: { Labels } }] };
    expect(await failureOf(client.discardDrill('c1', signal))).toMatchObject({
      reason: 'conflict',
      message: 'docker engine edge-1: would not remove c1 of a drill: it is of none',
    });
    expect(asked).toEqual(['GET /containers/c1/json']);
  });

  it('may be gone before', async () => {
    answers = { GET: gone };
    await client.discardDrill('c1', signal);
  });
});

describe('a volume', () => {
  const labels = { 'paramedic.restore': 'r1' };
  it('is made with its labels', async () => {
    answers = { POST: [201, { Name: 'v', Labels: labels }] };
    await client.createVolume('v', labels, signal);
    expect(asked).toEqual(['POST /volumes/create {"Name":"v","Labels":{"paramedic.restore":"r1"}}']);
  });

  it.each([[null], [{}], [{ 'paramedic.restore': 'r2' }], [{ ...labels, more: '' }]])(
    'is neither made nor removed where there is one with the labels %j',
    async (Labels) => {
      answers = { POST: [201, { Name: 'v', Labels }], GET: [200, { Name: 'v', Labels }] };
      expect(await failureOf(client.createVolume('v', labels, signal))).toMatchObject({
        reason: 'conflict',
        message: 'docker engine edge-1: would not create volume v: there is one with other labels',
      });
      expect((await failureOf(client.removeVolume('v', labels, signal))).reason).toBe('conflict');
      expect(asked.some((line) => line.startsWith('DELETE'))).toBe(false);
    },
  );

  it('without labels is told from one that has some', async () => {
    answers = { POST: [201, { Name: 'v', Labels: null }] };
    await client.createVolume('v', {}, signal);
    answers = { POST: [201, { Name: 'v', Labels: labels }] };
    expect((await failureOf(client.createVolume('v', {}, signal))).reason).toBe('conflict');
  });

  it('is removed when it is the one that is meant, and not by force', async () => {
    answers = { GET: [200, { Name: 'v/1', Labels: labels }] };
    await client.removeVolume('v/1', labels, signal);
    expect(asked).toEqual(['GET /volumes/v%2F1', 'DELETE /volumes/v%2F1?force=false']);
  });

  it('may be gone before', async () => {
    answers = { GET: gone };
    await client.removeVolume('v', labels, signal);
  });

  it('that a container has is a conflict', async () => {
    answers = { GET: [200, { Labels: labels }], DELETE: [409, { message: 'volume is in use - [c1]' }] };
    expect((await failureOf(client.removeVolume('v', labels, signal))).reason).toBe('conflict');
  });
});
