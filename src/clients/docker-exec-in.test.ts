import { createHash } from 'node:crypto';
import { createServer } from 'node:https';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { atRest } from '../../test/fakes/at-rest.ts';
import { frame } from '../../test/fakes/docker-engine.ts';
import { closed, json, streamsEngine } from '../../test/fakes/docker-streams-engine.ts';
import { failureOf } from '../../test/fakes/failure-of.ts';
import { streamsScene } from '../../test/fakes/streams-scene.ts';
import { selfSigned } from '../../test/fakes/self-signed.ts';
import { Secret } from '../config/config.ts';
import { ActionError } from '../domain/errors.ts';
import { createDockerClient } from './docker.ts';

const scene = streamsScene();

const restore = (stdin: Readable, silentMs = 60_000) =>
  scene.client.execIn('c/1', { argv: ['psql', '-v'] }, stdin, { signal: scene.over.signal, silentMs });
const exits = (code: number) => {
  scene.engine.script.ended = (request) => json(request, 200, { Running: false, ExitCode: code });
};
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
/** Says, at the end of its input, what it was. */
const reads = (socket: Socket) => {
  const hash = createHash('sha256');
  socket.on('data', (chunk: Buffer) => hash.update(chunk));
  socket.on('end', () => socket.end(Buffer.concat([frame(1, hash.digest('hex')), frame(2, 'done\n')])));
};
const megabytes = (count: number) => Readable.from(Array.from({ length: count }, () => Buffer.alloc(1_000_000, 'r')));
/** The connection of the next process, which has read nothing yet. */
const connected = () => new Promise<Socket>((resolve) => (scene.engine.script.converse = resolve));

describe('a command with an input', () => {
  it('gets all of it, and its end', async () => {
    scene.engine.script.converse = reads;
    exits(3);
    const stdout = sha256(Buffer.alloc(20_000_000, 'r'));
    expect(await restore(megabytes(20))).toEqual({ exitCode: 3, stdout, stderr: 'done\n' });
    expect(scene.engine.command()).toMatchObject({ AttachStdin: true, Tty: false, Cmd: ['psql', '-v'] });
    expect(scene.engine.requests).toEqual([
      'POST /containers/c%2F1/exec',
      'POST /exec/e1/start upgraded to tcp',
      'GET /exec/e1/json',
    ]);
  });

  it('may have none', async () => {
    scene.engine.script.converse = reads;
    expect(await restore(Readable.from([]))).toEqual({
      exitCode: 0,
      stdout: sha256(Buffer.alloc(0)),
      stderr: 'done\n',
    });
  });

  it('gets it over TLS, where each direction has an end of its own, too', async () => {
    await scene.engine.close();
    const { key, cert } = selfSigned();
    scene.engine = await streamsEngine(createServer({ key, cert, ca: cert, requestCert: true }), 0);
    const tls = { ca: cert, cert, key: new Secret(key) };
    scene.client = await createDockerClient({ name: 'edge-1', host: scene.engine.host, instances: [], tls });
    scene.engine.script.converse = reads;
    const { stdout } = await restore(megabytes(20));
    expect(stdout).toBe(sha256(Buffer.alloc(20_000_000, 'r')));
  });

  it('of whose output there is more than its tail', async () => {
    scene.engine.script.converse = (socket) => {
      socket.resume().on('end', () => socket.end(frame(1, `${'x'.repeat(9_000)}end`)));
    };
    const { stdout } = await restore(megabytes(1));
    expect([stdout.length, stdout.slice(-4)]).toEqual([8_192, 'xend']);
  });

  it('is given no more than it takes', async () => {
    const connecting = connected();
    let given = 0;
    const stdin = new Readable({
      read() {
        given += 65_536;
        this.push(given > 64_000_000 ? null : Buffer.alloc(65_536));
      },
    });
    const restoring = restore(stdin);
    const socket = await connecting;
    socket.pause();
    const taken = await atRest(
      () => given,
      () => scene.client.ping(),
    );
    expect(taken).toBeLessThan(2_000_000);
    reads(socket);
    socket.resume();
    expect((await restoring).exitCode).toBe(0);
    expect(given).toBeGreaterThan(64_000_000);
  });
});

describe('an input that has no proper end', () => {
  it.each([
    ['errs', (stdin: Readable) => void stdin.destroy(new Error('the snapshot is damaged')), 'the snapshot is damaged'],
    ['is destroyed', (stdin: Readable) => void stdin.destroy(), 'Premature close'],
  ])('is not said to have one when it %s: the connection is destroyed', async (_how, breakOff, why) => {
    const connecting = connected();
    const stdin = new PassThrough();
    const restoring = failureOf(restore(stdin));
    stdin.write('insert');
    const socket = await connecting;
    await once(socket, 'data');
    breakOff(stdin);
    const error = await restoring;
    expect([error.reason, error.message]).toEqual([
      'aborted',
      `what was to go to docker engine edge-1 at ${scene.engine.host} broke off (run psql in c/1): ${why}`,
    ]);
    await closed(socket);
    // Nobody is asked how it ended: half of it is no success.
    expect(scene.engine.requests).toHaveLength(2);
  });

  it('rejects with its own ActionError', async () => {
    scene.engine.script.converse = reads;
    const mine = new ActionError('the repository is gone', 'not-found', false);
    const stdin = new PassThrough();
    stdin.destroy(mine);
    expect(await failureOf(restore(stdin))).toBe(mine);
  });

  it('rejects also when it has broken off while the engine was asked', async () => {
    scene.engine.script.prepare = (request) => {
      stdin.destroy(new Error('damaged'));
      json(request, 201, { Id: 'e1' });
    };
    const stdin = new PassThrough();
    expect((await failureOf(restore(stdin))).reason).toBe('aborted');
  });
});

describe('a command that ends before its input', () => {
  const endsEarly = (socket: Socket) => void socket.once('data', () => socket.end(frame(2, 'syntax error\n')));
  it('tells its exit code, and the input is given up', async () => {
    scene.engine.script.converse = endsEarly;
    exits(3);
    const stdin = megabytes(64);
    expect(await restore(stdin)).toEqual({ exitCode: 3, stdout: '', stderr: 'syntax error\n' });
    expect(stdin.destroyed).toBe(true);
  });

  it('has not ended well, whatever it says', async () => {
    scene.engine.script.converse = endsEarly;
    const error = await failureOf(restore(megabytes(64)));
    expect([error.reason, error.retryable, error.message]).toEqual([
      'conflict',
      false,
      'psql in c/1 ended with 0 before it had been given all of its input, says docker engine edge-1',
    ]);
  });

  it('is one of a container that was killed, or of a connection that broke, as the engine tells it', async () => {
    scene.engine.script.converse = (socket) => void socket.once('data', () => socket.destroy());
    exits(137);
    expect((await restore(megabytes(64))).exitCode).toBe(137);
    scene.engine.script.ended = (request) => json(request, 200, { Running: true, ExitCode: null });
    expect((await failureOf(restore(megabytes(64)))).reason).toBe('unreachable');
    scene.engine.script.ended = (request) => json(request, 404, { message: 'No such exec instance: e1' });
    expect((await failureOf(restore(megabytes(64)))).reason).toBe('not-found');
  });

  it('is told when what it says is no frame', async () => {
    scene.engine.script.converse = (socket) => void socket.end('<html>'.repeat(10));
    expect((await failureOf(restore(Readable.from(['a'])))).reason).toBe('server-error');
  });
});

describe('a command with an input that hangs', () => {
  it.each([
    ['and takes no more', () => megabytes(64)],
    ['and does not end', () => Readable.from(['a'])],
  ])('%s is broken off', async (_how, stdin) => {
    const connecting = connected();
    const restoring = failureOf(restore(stdin(), 50));
    const socket = await connecting;
    expect(await restoring).toMatchObject({
      reason: 'timeout',
      message: `docker engine edge-1 at ${scene.engine.host}: nothing came for 0.05 s (run psql in c/1)`,
    });
    await closed(socket);
  });

  it('because the input does is not', async () => {
    scene.engine.script.converse = reads;
    const stdin = new PassThrough();
    const restoring = restore(stdin, 600);
    // Longer than the engine has.
    setTimeout(() => stdin.end('late'), 800);
    expect((await restoring).stdout).toBe(sha256(Buffer.from('late')));
  });

  it('is left when the caller aborts', async () => {
    const connecting = connected();
    const stdin = new PassThrough();
    const restoring = failureOf(restore(stdin));
    const socket = await connecting;
    scene.over.abort();
    expect(await restoring).toMatchObject({
      reason: 'aborted',
      message: 'the request to docker engine edge-1 was aborted (run psql in c/1)',
    });
    await closed(socket);
    expect(stdin.destroyed).toBe(true);
  });
});

describe('a command with an input that can not be run', () => {
  it('is an ActionError, and the input is given up', async () => {
    scene.engine.script.prepare = (request) => json(request, 404, { message: 'No such container: c/1' });
    const stdin = megabytes(1);
    expect((await failureOf(restore(stdin))).reason).toBe('not-found');
    expect(stdin.destroyed).toBe(true);
  });
});
