import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { frame } from '../../test/fakes/docker-engine.ts';
import { closed, json, streamsEngine, type StreamsEngine } from '../../test/fakes/docker-streams-engine.ts';
import { failureOf } from '../../test/fakes/failure-of.ts';
import { streamsScene } from '../../test/fakes/streams-scene.ts';
import { createDockerClient } from './docker.ts';

const scene = streamsScene();

const dump = (silentMs = 60_000) =>
  scene.client.execOut('c/1', { argv: ['pg_dump', '--password=secret'] }, { signal: scene.over.signal, silentMs });
describe('the end of what a command writes', () => {
  const cut = (frames: Buffer, bytes: number) => frames.subarray(0, frames.byteLength - bytes);
  it.each([
    ['in the middle of a frame', () => scene.engine.writes(frame(1, 'one'), cut(frame(1, 'two'), 1))],
    ['after the header of a frame', () => scene.engine.writes(frame(1, 'one'), cut(frame(1, 'two'), 3))],
    ['in half a header', () => scene.engine.writes(frame(1, 'one'), cut(frame(1, ''), 5))],
    ['in half a header of an error', () => scene.engine.writes(frame(1, 'one'), cut(frame(2, ''), 1))],
  ])('%s is none, whatever the process ends with', async (_where, write) => {
    write();
    const { stdout, ended } = await dump();
    const read = await failureOf(text(stdout));
    expect([read.reason, read.retryable, read.message]).toEqual([
      'unreachable',
      true,
      `docker engine edge-1 at ${scene.engine.host} broke off (run pg_dump in c/1): its output ends in the middle of a frame`,
    ]);
    expect(await failureOf(ended())).toBe(read);
    expect(scene.engine.requests).toHaveLength(2);
  });

  it('by a connection that is reset is none', async () => {
    await scene.engine.close();
    scene.engine = await streamsEngine(createServer(), 0);
    scene.client = await createDockerClient({ name: 'edge-1', host: scene.engine.host, instances: [] });
    const connecting = scene.engine.connected();
    const { stdout, ended } = await dump();
    const socket = await connecting;
    socket.write(frame(1, 'one'));
    const reading = failureOf(text(stdout));
    await once(stdout, 'readable');
    socket.resetAndDestroy();
    expect((await reading).reason).toBe('unreachable');
    expect((await failureOf(ended())).reason).toBe('unreachable');
  });

  it.each<[string, (engine: StreamsEngine) => void, string, boolean, string]>([
    [
      'runs still',
      ({ script }) => (script.ended = (request) => json(request, 200, { Running: true, ExitCode: null })),
      'unreachable',
      true,
      'pg_dump in c/1 runs still, but docker engine edge-1 passes on no more of its output: the connection broke off',
    ],
    [
      'has no exit code',
      ({ script }) => (script.ended = (request) => json(request, 200, { Running: false, ExitCode: null })),
      'server-error',
      true,
      'docker engine edge-1 knows no exit code of pg_dump in c/1',
    ],
    [
      'is forgotten',
      ({ script }) => (script.ended = (request) => json(request, 404, { message: 'No such exec instance: e1' })),
      'not-found',
      false,
      'docker engine edge-1 did not tell how pg_dump in c/1 ended: HTTP 404: No such exec instance: e1: its container was' +
        ' removed, the engine was restarted, or it ended more than five minutes ago',
    ],
    [
      'is told in other words',
      ({ script }) => (script.ended = (request) => json(request, 200, { running: false })),
      'server-error',
      true,
      'answered something else than an engine does (tell how pg_dump in c/1 ended)',
    ],
    [
      'can not be asked for',
      ({ script }) => (script.ended = ({ socket }) => void socket.destroy()),
      'unreachable',
      true,
      'can not be reached (tell how pg_dump in c/1 ended)',
    ],
  ])('is no success when it %s', async (_what, set, reason, retryable, message) => {
    scene.engine.writes(frame(1, 'all of it\n'));
    set(scene.engine);
    const { stdout, ended } = await dump();
    expect(await text(stdout)).toBe('all of it\n');
    const error = await failureOf(ended());
    expect([error.reason, error.retryable]).toEqual([reason, retryable]);
    expect(error.message).toContain(message);
  });

  it('is no success when the engine has died', async () => {
    scene.engine.writes(frame(1, 'all of it\n'));
    const { stdout, ended } = await dump();
    await text(stdout);
    await scene.engine.close();
    expect(await failureOf(ended())).toMatchObject({ reason: 'unreachable', retryable: true });
    scene.engine = await streamsEngine();
  });

  it('is told with the complaint of an engine that could not pass it on', async () => {
    scene.engine.writes(frame(1, 'one'), Buffer.from([3, 0, 0, 0, 0, 0, 0, 4]), Buffer.from('disk'));
    const { stdout } = await dump();
    expect((await failureOf(text(stdout))).message).toMatch(/ broke off \(run pg_dump in c\/1\): disk$/);
  });

  it('is refused when it is of something else than a process', async () => {
    scene.engine.writes(Buffer.from('<html>'.repeat(10)));
    const { stdout, ended } = await dump();
    expect((await failureOf(text(stdout))).reason).toBe('server-error');
    expect((await failureOf(ended())).reason).toBe('server-error');
  });

  it('is not waited for without an end: silence breaks it off', async () => {
    const connecting = scene.engine.connected();
    const { stdout, ended } = await dump(50);
    const socket = await connecting;
    socket.write(frame(1, 'one'));
    const error = await failureOf(text(stdout));
    expect([error.reason, error.retryable, error.message]).toEqual([
      'timeout',
      true,
      `docker engine edge-1 at ${scene.engine.host}: nothing came for 0.05 s (run pg_dump in c/1)`,
    ]);
    expect(await failureOf(ended())).toBe(error);
    await closed(socket);
  });

  it('is waited for when it is us who take our time', async () => {
    const block = frame(1, 'z'.repeat(1_000_000));
    scene.engine.writes(...Array.from({ length: 8 }, () => block));
    const { stdout, ended } = await dump(600);
    await once(stdout, 'readable');
    // Longer than the engine has.
    await sleep(800);
    expect(await text(stdout)).toHaveLength(8_000_000);
    expect(await ended()).toEqual({ exitCode: 0 });
  });
});
