import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventLine, fakeDockerEngine, type FakeEngine, type Fault } from '../../test/fakes/docker-engine.ts';
import type { DockerClient, DockerEvent } from '../domain/clients.ts';
import { ActionError } from '../domain/errors.ts';
import { createDockerClient } from './docker.ts';

let engine: FakeEngine;
let client: DockerClient;
const signal = new AbortController().signal;

beforeEach(async () => {
  engine = await fakeDockerEngine();
  client = await createDockerClient({ name: 'edge-1', host: engine.host, instances: [] });
});
afterEach(() => engine.close());

async function failure(work: Promise<unknown>): Promise<ActionError> {
  const error = await work.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof ActionError) return error;
  throw error;
}

const says = (status: number): Fault => ({ status, body: '{"message":"because"}' });

describe('a failure of the engine has a reason', () => {
  it.each<[Fault, string, boolean]>([
    [says(400), 'bad-request', false],
    [says(401), 'forbidden', false],
    [says(403), 'forbidden', false],
    [says(404), 'not-found', false],
    [says(409), 'conflict', false],
    [says(429), 'rate-limited', true],
    [says(500), 'server-error', true],
    [says(503), 'server-error', true],
    ['reset', 'unreachable', true],
    [{ status: 404, body: '<html>nginx</html>' }, 'server-error', true],
  ])('%j: %s', async (fault, reason, retryable) => {
    const { id } = engine.add({ name: 'web' });
    engine.fail(/restart/, fault);
    const error = await failure(client.restart(id, 1, signal));
    expect([error.reason, error.retryable]).toEqual([reason, retryable]);
    expect(error.message).toContain('docker engine edge-1');
  });

  it("with the engine's own sentence", async () => {
    engine.fail(/start/, says(500));
    const { message } = await failure(client.start('ab', signal));
    expect(message).toBe('docker engine edge-1 did not start ab: HTTP 500: because');
  });

  it('when it hangs', async () => {
    engine.fail(/json/, 'hang');
    const error = await failure(client.inspect('web'));
    expect([error.reason, error.retryable, error.message]).toEqual([
      'timeout',
      true,
      `docker engine edge-1 at ${engine.host} did not answer within 2 s (inspect web)`,
    ]);
  });

  it('when an answer breaks off in its middle', async () => {
    engine.fail(/json/, 'truncate');
    const error = await failure(client.inspect('web'));
    expect(['timeout', 'unreachable']).toContain(error.reason);
    expect(error.retryable).toBe(true);
  });

  it('when it answers what no engine answers', async () => {
    engine.fail(/json/, { status: 200, body: '<html>' });
    const error = await failure(client.list());
    expect([error.reason, error.retryable]).toEqual(['server-error', true]);
  });

  it('when nobody is there', async () => {
    const socket = await createDockerClient({ name: 'edge-1', host: '/nonexistent/docker.sock', instances: [] });
    const port = await createDockerClient({ name: 'edge-1', host: 'tcp://127.0.0.1:1', instances: [] });
    for (const error of [await failure(socket.ping()), await failure(port.ping())]) {
      expect([error.reason, error.retryable]).toEqual(['unreachable', true]);
    }
  });

  it('when the caller aborts, before or meanwhile', async () => {
    engine.fail(/_ping/, 'hang');
    const before = await failure(client.ping(AbortSignal.abort()));
    const controller = new AbortController();
    const asked = failure(client.ping(controller.signal));
    controller.abort();
    expect([before.reason, (await asked).reason]).toEqual(['aborted', 'aborted']);
  });
});

describe('a container', () => {
  it('that is not there is undefined', async () => {
    expect(await client.inspect('web')).toBeUndefined();
  });

  it('is found by name and by id', async () => {
    const web = engine.add({ name: 'web', health: 'unhealthy' });
    expect(await client.inspect('web')).toEqual(web);
    expect(await client.inspect(web.id)).toEqual(web);
    expect(await client.list()).toEqual([{ id: web.id, name: 'web', labels: {} }]);
  });

  it('that runs already is started with success', async () => {
    const { id } = engine.add({ name: 'web' });
    await client.start(id, signal);
    expect(engine.requests).toEqual([`POST /containers/${id}/start`]);
  });

  it('is restarted with its stop timeout', async () => {
    const { id } = engine.add({ name: 'web' });
    await client.restart(id, 7, signal);
    expect(engine.requests).toEqual([`POST /containers/${id}/restart?t=7`]);
  });

  it('that is not paused is unpaused with success, once an inspect says so', async () => {
    const { id } = engine.add({ name: 'web' });
    await client.unpause(id, signal);
    expect(engine.requests).toEqual([`POST /containers/${id}/unpause`, `GET /containers/${id}/json`]);
  });

  it('that stays paused is not said to be unpaused', async () => {
    const { id } = engine.add({ name: 'web', status: 'paused' });
    engine.fail(/unpause/, { status: 409, body: '{"message":"no"}' });
    expect((await failure(client.unpause(id, signal))).reason).toBe('conflict');
  });

  it('can not lead the request elsewhere by its id', async () => {
    await client.inspect('../images');
    expect(engine.requests).toEqual(['GET /containers/..%2Fimages/json']);
  });
});

describe('events', () => {
  it('come until the signal aborts', async () => {
    const controller = new AbortController();
    const events: DockerEvent[] = [];
    const watched = client.events((event) => {
      events.push(event);
      controller.abort();
    }, controller.signal);
    await engine.listened();
    engine.emit(eventLine('die', 'ab'));
    await watched;
    expect(events).toMatchObject([{ action: 'die', containerId: 'ab' }]);
    expect(decodeURIComponent(engine.requests[0] ?? '')).toContain('{"type":["container"]}');
  });

  it('end at once when the signal has aborted before', async () => {
    await client.events(() => undefined, AbortSignal.abort());
    expect(engine.requests).toEqual([]);
  });

  it('that break off reject', async () => {
    const watched = failure(client.events(() => undefined, signal));
    await engine.listened();
    engine.breakEvents();
    const error = await watched;
    expect([error.reason, error.retryable]).toEqual(['unreachable', true]);
  });

  it('that are none reject, and the connection is given up', async () => {
    const watched = failure(client.events(() => undefined, signal));
    await engine.listened();
    engine.emit('<html>\n');
    expect((await watched).reason).toBe('server-error');
  });

  it('that the engine refuses reject', async () => {
    engine.fail(/events/, { status: 500, body: '{"message":"boom"}' });
    expect((await failure(client.events(() => undefined, signal))).reason).toBe('server-error');
  });

  it('of an engine that hangs reject', async () => {
    engine.fail(/events/, 'hang');
    expect((await failure(client.events(() => undefined, signal))).reason).toBe('timeout');
  });
});
