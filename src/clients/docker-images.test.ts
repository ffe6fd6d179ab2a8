import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DockerClient } from '../domain/clients.ts';
import { ActionError } from '../domain/errors.ts';
import { failureOf } from '../../test/fakes/failure-of.ts';
import { tarEnd, tarEntry } from '../../test/harness/tar.ts';
import { createDockerClient } from './docker.ts';

let server: Server;
let client: DockerClient;
let answer: (req: IncomingMessage, res: ServerResponse) => unknown;
let asked: string[];
const never = new AbortController().signal;
const limits = { signal: never, silentMs: 5_000 };
const tar = Buffer.concat([tarEntry({ path: 'manifest.json', type: '0', body: Buffer.from('[]') }), tarEnd]);

beforeEach(async () => {
  asked = [];
  server = createServer((req, res) => {
    asked.push(`${req.method} ${req.url}`);
    void answer(req, res);
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

it('an image is told with what registries have it by', async () => {
  answer = (_req, res) => res.end(JSON.stringify({ Id: 'sha256:1', RepoDigests: ['web@sha256:2'] }));
  expect(await client.image('web:1')).toEqual({ id: 'sha256:1', digests: ['web@sha256:2'] });
});

describe('images that are saved', () => {
  it('come as they are, all in one', async () => {
    answer = (_req, res) => res.end(tar);
    expect(await buffer(await client.saveImages(['a:1', 'b:1'], limits))).toEqual(tar);
    expect(asked).toEqual(['GET /images/get?names=a%3A1&names=b%3A1']);
  });

  it('err when they end in their middle, as if all were well', async () => {
    answer = (_req, res) => res.end(tar.subarray(0, 1024));
    const stream = await client.saveImages(['a:1'], limits);
    expect((await failureOf(buffer(stream))).message).toEqual(
      expect.stringMatching(/^docker engine edge-1 at \S+ broke off \(hand out 1 images\): the archive has no end$/),
    );
  });
});

describe('images that are loaded', () => {
  it('arrive as they are', async () => {
    let got: Buffer | undefined;
    answer = async (req, res) => {
      got = await buffer(req);
      res.end('{"stream":"Loaded image: a:1"}\n');
    };
    await client.loadImages(Readable.from([tar]), limits);
    expect(got).toEqual(tar);
    expect(asked).toEqual(['POST /images/load?quiet=true']);
  });

  it('have no end for the engine when they have none', async () => {
    const ended: string[] = [];
    answer = (req) => req.on('close', () => ended.push(req.complete ? 'whole' : 'cut')).resume();
    // More than a connection holds by itself: the engine has begun to read.
    const large = tarEntry({ path: 'layer.tar', type: '0', body: Buffer.alloc(16 * 1024 * 1024) });
    const cut = Readable.from([large.subarray(0, 1_000_000), large.subarray(1_000_000)]);
    expect((await failureOf(client.loadImages(cut, limits))).message).toContain('the archive has no end');
    await expect.poll(() => ended).toEqual(['cut']);
  });

  it('are not there when the engine says in the midst of its answer that it failed', async () => {
    answer = async (req, res) => {
      await buffer(req);
      res.end('{"status":"unpacking"}\n{"errorDetail":{"message":"no space left"},"error":"no space left"}');
    };
    expect((await failureOf(client.loadImages(Readable.from([tar]), limits))).message).toBe(
      'docker engine edge-1: did not load images: no space left',
    );
  });
});

describe('a registry', () => {
  const reference = 'registry:5000/shop/web@sha256:2';

  it('serves an image when the engine says so', async () => {
    answer = (_req, res) => res.end('{"Descriptor":{}}');
    await client.askRegistry(reference, never);
    expect(asked).toEqual(['GET /distribution/registry%3A5000/shop/web%40sha256%3A2/json']);
  });

  it.each([401, 403, 404, 500])('does not with any other answer: %i', async (status) => {
    answer = (_req, res) => res.writeHead(status).end('{"message":"denied"}');
    expect(await failureOf(client.askRegistry(reference, never))).toBeInstanceOf(ActionError);
  });
});

describe('an image that is pulled', () => {
  it('is asked for by its digest', async () => {
    answer = (_req, res) => res.end('{"status":"Pulling"}\r\n{"status":"Done"}\r\n');
    await client.pullImage('registry/web@sha256:2', limits);
    expect(asked).toEqual(['POST /images/create?fromImage=registry%2Fweb%40sha256%3A2']);
  });

  it('is not there when the registry breaks off, though the engine has begun with 200', async () => {
    answer = (_req, res) =>
      res.end('{"status":"Pulling"}\r\n{"errorDetail":{"message":"denied"},"error":"denied"}\r\n');
    expect((await failureOf(client.pullImage('web', limits))).message).toBe(
      'docker engine edge-1: did not pull web: denied',
    );
  });

  it('is given up when the engine says nothing, and when the caller aborts', async () => {
    answer = (_req, res) => res.writeHead(200).flushHeaders();
    expect(await failureOf(client.pullImage('web', { signal: never, silentMs: 50 }))).toMatchObject({
      reason: 'timeout',
    });
    const over = new AbortController();
    answer = (_req, res) => {
      res.writeHead(200).flushHeaders();
      over.abort();
    };
    expect(await failureOf(client.pullImage('web', { signal: over.signal, silentMs: 60_000 }))).toMatchObject({
      reason: 'aborted',
    });
  });
});

it('a volume is made with all that was said of it', async () => {
  const body = { Name: 'v', Driver: 'local', DriverOpts: { type: 'nfs' }, Labels: { a: 'b' } };
  let got: unknown;
  answer = async (req, res) => {
    got = JSON.parse(String(await buffer(req)));
    res.writeHead(201).end('{}');
  };
  await client.makeVolume(body, never);
  expect(got).toEqual(body);
});
