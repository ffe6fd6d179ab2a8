import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { atRest } from '../../test/fakes/at-rest.ts';
import { frame } from '../../test/fakes/docker-engine.ts';
import { closed, json } from '../../test/fakes/docker-streams-engine.ts';
import { failureOf } from '../../test/fakes/failure-of.ts';
import { streamsScene } from '../../test/fakes/streams-scene.ts';
import { pour } from '../../test/fakes/pour.ts';

const scene = streamsScene();

const dump = (silentMs = 60_000) =>
  scene.client.execOut('c/1', { argv: ['pg_dump', '--password=secret'] }, { signal: scene.over.signal, silentMs });
describe('what a command writes', () => {
  it('is its output alone, with the tail of its errors and its exit code', async () => {
    scene.engine.writes(frame(1, 'one\n'), frame(2, 'x'.repeat(9_000)), frame(1, 'two\n'), frame(2, 'careful\n'));
    scene.engine.script.ended = (request) => json(request, 200, { Running: false, ExitCode: 3 });
    const output = await dump();
    expect(await text(output.stdout)).toBe('one\ntwo\n');
    expect(await output.ended()).toEqual({ exitCode: 3 });
    expect([output.stderr().length, output.stderr().slice(-9)]).toEqual([8_192, 'xcareful\n']);
  });

  it('is of the command as it was given, without a terminal', async () => {
    const limits = { signal: scene.over.signal, silentMs: 60_000 };
    const command = { argv: ['id', '-u'], user: 'app', env: { A: '1', B: 'x=y' }, workdir: '/srv' } as const;
    await scene.client.execOut('c/1', command, limits);
    expect(scene.engine.command()).toEqual({
      AttachStdin: false,
      AttachStdout: true,
      AttachStderr: true,
      Tty: false,
      Cmd: ['id', '-u'],
      User: 'app',
      Env: ['A=1', 'B=x=y'],
      WorkingDir: '/srv',
    });
    expect(scene.engine.requests).toEqual(['POST /containers/c%2F1/exec', 'POST /exec/e1/start']);
  });

  it('is not taken faster than it is read, and all of it comes', async () => {
    const block = frame(1, 'z'.repeat(30_000));
    const blocks = 2_000;
    const connecting = scene.engine.connected();
    const { stdout, ended } = await dump();
    const { taken } = pour(await connecting, Buffer.concat(Array.from({ length: blocks }, () => block)));
    await once(stdout, 'readable');
    expect(await atRest(taken, () => scene.client.ping())).toBeLessThan(2_000_000);
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of stdout as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.byteLength;
    }
    expect(bytes).toBe(blocks * 30_000);
    expect(hash.digest('hex')).toBe(createHash('sha256').update(Buffer.alloc(bytes, 'z')).digest('hex'));
    expect(await ended()).toEqual({ exitCode: 0 });
  });
});

describe('a command that nobody wants any more', () => {
  it.each([
    ['while it is read', (stdout: Readable) => void stdout.resume()],
    ['before it is read', () => undefined],
  ])('is left %s, with its connection', async (_when, begin) => {
    const connecting = scene.engine.connected();
    const { stdout, ended } = await dump();
    const socket = await connecting;
    socket.write(frame(1, 'one'));
    begin(stdout);
    const ending = failureOf(ended());
    scene.over.abort();
    expect(await ending).toMatchObject({
      reason: 'aborted',
      message: 'the request to docker engine edge-1 was aborted (run pg_dump in c/1)',
    });
    expect(stdout.errored).toBe(await ending);
    await closed(socket);
  });

  it('is left when its output is destroyed, also while nothing comes', async () => {
    const connecting = scene.engine.connected();
    const { stdout, ended } = await dump();
    const socket = await connecting;
    const reading = text(stdout).catch(() => undefined);
    stdout.destroy();
    await reading;
    expect(await failureOf(ended())).toMatchObject({
      reason: 'aborted',
      message: expect.stringContaining('was not read'),
    });
    await closed(socket);
  });

  it('is not begun', async () => {
    scene.over.abort();
    expect((await failureOf(dump())).reason).toBe('aborted');
    expect(scene.engine.requests).toEqual([]);
  });

  it('is left while the engine prepares it', async () => {
    scene.engine.script.start = () => scene.over.abort();
    expect((await failureOf(dump())).reason).toBe('aborted');
  });
});

describe('a command that can not be run', () => {
  it.each([
    [404, 'not-found', 'No such container: c/1'],
    [409, 'conflict', 'Container c/1 is paused, unpause the container before exec'],
    [500, 'server-error', 'boom'],
  ])('is an ActionError when the engine says %i to it: %s', async (status, reason, message) => {
    scene.engine.script.prepare = (request) => json(request, status, { message });
    const error = await failureOf(dump());
    expect([error.reason, error.message]).toEqual([
      reason,
      `docker engine edge-1 did not run pg_dump in c/1: HTTP ${status}: ${message}`,
    ]);
  });

  it('is one, too, when it says so as it starts it', async () => {
    scene.engine.script.start = (request) => json(request, 409, { message: 'Container c1 is not running' });
    expect(await failureOf(dump())).toMatchObject({
      reason: 'conflict',
      message: expect.stringMatching(/not running$/),
    });
  });

  it('does not tell its arguments', async () => {
    scene.engine.script.prepare = (request) => json(request, 500, { message: 'boom' });
    expect((await failureOf(dump())).message).not.toContain('secret');
  });
});
