import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { atRest } from '../../test/fakes/at-rest.ts';
import { closed, json, type StreamsEngine } from '../../test/fakes/docker-streams-engine.ts';
import { failureOf } from '../../test/fakes/failure-of.ts';
import { streamsScene } from '../../test/fakes/streams-scene.ts';
import { pour } from '../../test/fakes/pour.ts';
import { tarEnd, tarEntry } from '../../test/harness/tar.ts';

const scene = streamsScene();

const file = (size: number) => tarEntry({ path: 'v/a', type: '0', body: Buffer.alloc(size, 'x') });
const tar = Buffer.concat([tarEntry({ path: 'v/', type: '5' }), file(3_000_000), tarEnd]);
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
/** The next request, with its connection. */
const asked = () =>
  new Promise<Parameters<StreamsEngine['script']['archive']>[0]>((resolve) => (scene.engine.script.archive = resolve));

describe('an archive', () => {
  const archive = (silentMs = 60_000) => scene.client.archive('c/1', '/v/.', { signal: scene.over.signal, silentMs });
  const read = async () => buffer(await archive());
  /** What comes of an answer of these bytes: the chunked encoding is ended, as an engine does that fails in the middle. */
  const answered = (...bytes: readonly Uint8Array[]) => {
    scene.engine.script.archive = ({ res }) => void res.writeHead(200).end(Buffer.concat(bytes));
    return failureOf(read());
  };

  it('comes as it is', async () => {
    scene.engine.script.archive = ({ res }) =>
      void res.writeHead(200, { 'content-type': 'application/x-tar' }).end(tar);
    expect((await read()).equals(tar)).toBe(true);
    expect(scene.engine.requests).toEqual(['GET /containers/c%2F1/archive?path=%2Fv%2F.']);
  });

  it('is not taken faster than it is read', async () => {
    const asking = asked();
    const archiving = archive();
    const { res } = await asking;
    const large = Buffer.concat([file(64_000_000), tarEnd]);
    const { taken } = pour(res.writeHead(200), large);
    const stream = await archiving;
    await once(stream, 'readable');
    expect(await atRest(taken, () => scene.client.ping())).toBeLessThan(2_000_000);
    expect(sha256(await buffer(stream))).toBe(sha256(large));
  });

  it('errs when the connection breaks off', async () => {
    scene.engine.script.archive = ({ res, socket }) => {
      res.writeHead(200).write(tar.subarray(0, 100_000), () => socket.destroy());
    };
    const error = await failureOf(read());
    expect([error.reason, error.retryable, error.message]).toEqual([
      'unreachable',
      true,
      `docker engine edge-1 at ${scene.engine.host} broke off (give an archive of /v/. in c/1): aborted`,
    ]);
  });

  it('errs when the connection breaks off after its last byte, but before the end of the answer', async () => {
    scene.engine.script.archive = ({ res, socket }) => void res.writeHead(200).write(tar, () => socket.destroy());
    expect((await failureOf(read())).reason).toBe('unreachable');
  });

  it('errs when it ends in its middle, as if all were well', async () => {
    const error = await answered(tar.subarray(0, 100_000));
    expect([error.reason, error.message]).toEqual([
      'unreachable',
      `docker engine edge-1 at ${scene.engine.host} broke off (give an archive of /v/. in c/1): the archive has no end`,
    ]);
    expect((await answered(tar.subarray(0, -1_024))).reason).toBe('unreachable');
    expect((await answered()).reason).toBe('unreachable');
  });

  it('errs when it is something else', async () => {
    expect((await answered(Buffer.from('<html>'.repeat(200)))).reason).toBe('server-error');
    expect((await answered(tar.subarray(0, -1_024), Buffer.from('{"message":"boom"}'.repeat(50)))).reason).toBe(
      'server-error',
    );
  });

  it('errs when nothing more comes', async () => {
    const asking = asked();
    const archiving = archive(50);
    const { res, socket } = await asking;
    res.writeHead(200).write(tar.subarray(0, 1_000));
    const error = await failureOf(buffer(await archiving));
    expect(error).toMatchObject({ reason: 'timeout', message: expect.stringContaining('nothing came for 0.05 s') });
    await closed(socket);
  });

  it('errs when the caller aborts', async () => {
    const asking = asked();
    const archiving = archive();
    const { res, socket } = await asking;
    res.writeHead(200).write(tar.subarray(0, 1_000));
    const reading = failureOf(buffer(await archiving));
    scene.over.abort();
    expect((await reading).reason).toBe('aborted');
    await closed(socket);
  });

  it.each([
    [404, 'not-found', 'Could not find the file /v in container c/1'],
    [500, 'server-error', 'boom'],
  ])('that the engine refuses with %i is an ActionError: %s', async (status, reason, message) => {
    scene.engine.script.archive = (request) => json(request, status, { message });
    expect(await failureOf(archive())).toMatchObject({
      reason,
      message: `docker engine edge-1 did not give an archive of /v/. in c/1: HTTP ${status}: ${message}`,
    });
  });
});

describe('an archive that is put', () => {
  const put = (stream: Readable, silentMs = 60_000) =>
    scene.client.putArchive('c/1', '/v', stream, { signal: scene.over.signal, silentMs });
  const inParts = (bytes: Buffer) =>
    Readable.from(
      Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, at) =>
        bytes.subarray(at * 65_536, (at + 1) * 65_536),
      ),
    );
  /** Whether its body had a proper end; resolves once the request is over. */
  const wasWhole = (req: IncomingMessage) =>
    new Promise<boolean>((resolve) => {
      if (req.destroyed) resolve(req.complete);
      req.resume().on('close', () => resolve(req.complete));
    });

  it('arrives as it is', async () => {
    let taken = Buffer.alloc(0);
    scene.engine.script.archive = async ({ req, res }) => {
      taken = await buffer(req);
      res.writeHead(200).end();
    };
    await put(inParts(tar));
    expect(taken.equals(tar)).toBe(true);
    expect(scene.engine.requests).toEqual([
      'PUT /containers/c%2F1/archive?path=%2Fv&noOverwriteDirNonDir=true&copyUIDGID=false',
    ]);
    await scene.client.putArchive('c/1', '/v', inParts(tar), {
      signal: scene.over.signal,
      silentMs: 60_000,
      copyUIDGID: true,
    });
    expect(scene.engine.requests.at(-1)).toContain('copyUIDGID=true');
  });

  it('is given no faster than it is taken', async () => {
    const asking = asked();
    let given = 0;
    async function* parts() {
      const large = Buffer.concat([file(64_000_000), tarEnd]);
      for (let at = 0; at < large.byteLength; at += 65_536) {
        given = at;
        yield large.subarray(at, at + 65_536);
      }
    }
    const putting = put(Readable.from(parts()));
    const { req, res } = await asking;
    expect(
      await atRest(
        () => given,
        () => scene.client.ping(),
      ),
    ).toBeLessThan(2_000_000);
    req.resume().on('end', () => res.writeHead(200).end());
    await putting;
    expect(given).toBeGreaterThan(63_000_000);
  });

  const begun = () => {
    const stream = new PassThrough();
    stream.write(tar.subarray(0, 10_000));
    return stream;
  };
  it.each<[string, () => Readable, string, ((stream: Readable) => void)?]>([
    ['errs', begun, 'damaged', (stream) => void stream.destroy(new Error('damaged'))],
    ['ends in the middle of a file', () => inParts(tar.subarray(0, 1_000_000)), 'the archive has no end'],
    ['ends between two entries', () => inParts(file(1_000_000)), 'the archive has no end'],
    [
      'goes on with something else',
      () => inParts(Buffer.concat([file(1_000_000), Buffer.alloc(1_024, 7)])),
      'an entry of the archive has no header',
    ],
  ])('is never said to be whole when it %s', async (_how, stream, why, onTaken) => {
    const requests: IncomingMessage[] = [];
    const source = stream();
    scene.engine.script.archive = ({ req }) => {
      requests.push(req.resume());
      req.once('data', () => onTaken?.(source));
    };
    const error = await failureOf(put(source));
    expect([error.reason, error.message]).toEqual([
      'aborted',
      `what was to go to docker engine edge-1 at ${scene.engine.host} broke off (put an archive into /v in c/1): ${why}`,
    ]);
    expect(source.destroyed).toBe(true);
    expect(await Promise.all(requests.map(wasWhole))).toEqual([false]);
  });

  it.each([
    [403, 'forbidden', 'container rootfs is marked read-only'],
    [404, 'not-found', 'No such container: c/1'],
    [500, 'server-error', 'mounted volume is marked read-only'],
  ])(
    'that the engine refuses with %i before it has all of it is an ActionError: %s',
    async (status, reason, message) => {
      scene.engine.script.archive = (request) => json(request, status, { message });
      const source = inParts(Buffer.concat([file(64_000_000), tarEnd]));
      expect(await failureOf(put(source))).toMatchObject({
        reason,
        message: `docker engine edge-1 did not put an archive into /v in c/1: HTTP ${status}: ${message}`,
      });
      expect(source.destroyed).toBe(true);
    },
  );

  it('is not there because an engine says so that has not had all of it', async () => {
    scene.engine.script.archive = ({ res }) => void res.writeHead(200).end();
    expect(await failureOf(put(inParts(Buffer.concat([file(64_000_000), tarEnd]))))).toMatchObject({
      reason: 'unreachable',
      message: expect.stringMatching(/: it was done before it had all of it$/),
    });
  });

  it.each([
    ['takes no more', () => undefined],
    ['does not answer', ({ req }: { req: Readable }) => void req.resume()],
  ])('is given up when the engine %s', async (_what, hang) => {
    const requests: IncomingMessage[] = [];
    scene.engine.script.archive = (request) => {
      requests.push(request.req);
      hang(request);
    };
    const source = inParts(Buffer.concat([file(64_000_000), tarEnd]));
    expect(await failureOf(put(source, 300))).toMatchObject({
      reason: 'timeout',
      message: `docker engine edge-1 at ${scene.engine.host}: nothing came for 0.3 s (put an archive into /v in c/1)`,
    });
    expect(source.destroyed).toBe(true);
    for (const req of requests) await wasWhole(req);
  });

  it('is given up when the caller aborts', async () => {
    const asking = asked();
    const source = begun();
    const putting = failureOf(put(source));
    const { socket } = await asking;
    scene.over.abort();
    expect((await putting).reason).toBe('aborted');
    expect(source.destroyed).toBe(true);
    await closed(socket);
  });

  it('fails when the connection breaks off', async () => {
    scene.engine.script.archive = ({ socket }) => void socket.destroy();
    expect((await failureOf(put(inParts(Buffer.concat([file(64_000_000), tarEnd]))))).reason).toBe('unreachable');
  });
});
