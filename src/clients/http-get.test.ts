import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { Secret } from '../config/config.ts';
import { ActionError, RunReplaced } from '../domain/errors.ts';
import { freePort } from '../../test/harness/process.ts';
import { displayUrl, httpGetJson } from './http-get.ts';

const servers: Server[] = [];
const requests: IncomingMessage[] = [];

async function serving(listener: RequestListener): Promise<string> {
  const server = createServer((req, res) => {
    requests.push(req);
    listener(req, res);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

afterEach(async () => {
  requests.length = 0;
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const failureOf = async (promise: Promise<unknown>): Promise<ActionError> => {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ActionError);
  if (!(error instanceof ActionError)) throw error;
  return error;
};
const get = (url: string, more: { timeoutMs?: number; maxBytes?: number } = {}) =>
  httpGetJson({ title: 'Prometheus', url, ...more }, '/api/x');

describe('a GET of JSON', () => {
  it('keeps the path and the query of the base, and sends the query and the credentials', async () => {
    const url = await serving((_req, res) => res.end('{"a":1}'));
    const server = { title: 'P', url: `${url}/prom/?tenant=1`, bearer: new Secret('t0k') };
    expect(await httpGetJson(server, '/api/x', { filter: 'a="b c"' })).toEqual({ a: 1 });
    expect(requests[0]?.url).toBe('/prom/api/x?tenant=1&filter=a%3D%22b+c%22');
    expect(requests[0]?.headers.authorization).toBe('Bearer t0k');

    const basic = { username: 'u', password: new Secret('p:w') };
    await httpGetJson({ title: 'P', url, basic }, '/api/x');
    await httpGetJson({ title: 'P', url: url.replace('//', '//u:p%3Aw@') }, '/api/x');
    const header = `Basic ${Buffer.from('u:p:w').toString('base64')}`;
    expect(requests.slice(1).map((request) => request.headers.authorization)).toEqual([header, header]);
  });

  it.each([
    [400, 'bad-request', false],
    [401, 'forbidden', false],
    [403, 'forbidden', false],
    [404, 'not-found', false],
    [429, 'rate-limited', true],
    [500, 'server-error', true],
    [503, 'server-error', true],
  ] as const)('turns HTTP %i into %s (retryable: %s) with what the server said', async (status, reason, retryable) => {
    const url = await serving((_req, res) => res.writeHead(status).end('it\nsaid so'));
    const error = await failureOf(get(url));
    expect(error).toMatchObject({ reason, retryable });
    expect(error.message).toContain(`Prometheus at ${url} answered HTTP ${status}: it said so`);
  });

  it('says that an answer is no JSON, and shows its beginning', async () => {
    const url = await serving((_req, res) =>
      res.setHeader('content-type', 'text/html').end(`<html>Login${'x'.repeat(9999)}`),
    );
    const error = await failureOf(get(url));
    expect(error).toMatchObject({ reason: 'server-error', retryable: true });
    expect(error.message).toMatch(
      /answered with something else than JSON \(text\/html\): <html>Loginx+…; is it one\?$/,
    );
    expect(error.message.length).toBeLessThan(300);
  });

  it('gives up on a body over the limit, also one that is small only while it is compressed', async () => {
    const zipped = gzipSync(JSON.stringify('x'.repeat(100_000)));
    const url = await serving((_req, res) => res.setHeader('content-encoding', 'gzip').end(zipped));
    const error = await failureOf(get(url, { maxBytes: 50_000 }));
    expect(error.message).toBe(`Prometheus at ${url} answered with more than 50000 bytes`);
    expect(await get(url, { maxBytes: 200_000 })).toHaveLength(100_000);
  });

  it('times out on a server that never answers, and on one that stops in the middle', async () => {
    for (const listener of [() => {}, (_req, res) => void res.write('{"a":')] satisfies RequestListener[]) {
      const error = await failureOf(get(await serving(listener), { timeoutMs: 100 }));
      expect(error).toMatchObject({ reason: 'timeout', retryable: true });
      expect(error.message).toMatch(/did not answer within 0\.1 s$/);
    }
  });

  it('names the reason when the server can not be reached or cuts the connection', async () => {
    const error = await failureOf(get(`http://127.0.0.1:${await freePort()}`));
    expect(error).toMatchObject({ reason: 'unreachable', retryable: true });
    expect(error.message).toContain('ECONNREFUSED');
    const cut = await failureOf(get(await serving((req) => req.socket.destroy())));
    expect(cut.reason).toBe('unreachable');
  });

  it('is aborted by the signal of the caller, before and during the request', async () => {
    const url = await serving(() => controller.abort(new RunReplaced('other run')));
    const controller = new AbortController();
    const ask = () => httpGetJson({ title: 'P', url }, '/api/x', {}, controller.signal);
    for (const error of [await failureOf(ask()), await failureOf(ask())]) {
      expect(error.reason).toBe('aborted');
      expect(error.cause).toBeInstanceOf(RunReplaced);
    }
    expect(requests).toHaveLength(1);
  });

  it('never shows the credentials of a URL', async () => {
    const error = await failureOf(get(`http://ops:hush@127.0.0.1:${await freePort()}/am/`));
    expect(error.message).not.toContain('hush');
    expect(displayUrl('http://ops:hush@am:9093/am/?key=hush')).toBe('http://am:9093/am/');
  });
});
