import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { atRest } from '../../test/fakes/at-rest.ts';
import { failureOf } from '../../test/fakes/failure-of.ts';
import { exited, type KubeExecApi, said, startKubeExecApi } from '../../test/fakes/kube-exec-api.ts';
import { ActionError } from '../domain/errors.ts';

let api: KubeExecApi;
let over: AbortController;
beforeEach(async () => {
  over = new AbortController();
  api = await startKubeExecApi();
});
afterEach(() => api.close());

const restore = (stdin: Readable, silentMs = 60_000) =>
  api.client.execIn({ namespace: 'shop', name: 'db-0', container: 'db' }, { argv: ['psql', '--quiet'] }, stdin, {
    signal: over.signal,
    silentMs,
  });
const megabytes = (count: number) => Readable.from(Array.from({ length: count }, () => Buffer.alloc(1_000_000, 'r')));
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
/** What the shell says when the process has ended. */
const mark = (): Buffer => {
  const line = api.asked.at(-1)?.query.getAll('command')[2] ?? '';
  return said(2, `${/echo (\S+) >&2/.exec(line)?.[1]}\n`);
};
/** Takes all of the input, and says at its end what it was. */
function reads(socket: WebSocket, code: number): void {
  const hash = createHash('sha256');
  socket.on('message', (message: Buffer) => {
    if (message[0] === 0) return void hash.update(message.subarray(1));
    if (!message.equals(Buffer.of(255, 0))) return socket.close();
    for (const one of [said(1, hash.digest('hex')), said(2, 'done\n'), mark(), exited(code)]) socket.send(one);
  });
}

describe('a command in a pod with an input', () => {
  it('gets all of it, and its end', async () => {
    const connecting = api.connected();
    const restoring = restore(megabytes(20));
    reads(await connecting, 3);
    const stdout = sha256(Buffer.alloc(20_000_000, 'r'));
    expect(await restoring).toEqual({ exitCode: 3, stdout, stderr: 'done\n' });
    expect(api.asked[0]?.query.get('stdin')).toBe('true');
    expect(api.asked[0]?.query.getAll('command').slice(3)).toEqual(['sh', 'psql', '--quiet']);
  });

  it('may have none', async () => {
    const connecting = api.connected();
    const restoring = restore(Readable.from([]));
    reads(await connecting, 0);
    expect(await restoring).toEqual({ exitCode: 0, stdout: sha256(Buffer.alloc(0)), stderr: 'done\n' });
  });

  it('is given no more than it takes', async () => {
    const connecting = api.connected();
    let given = 0;
    const endless = Readable.from(
      (async function* () {
        for (;;) {
          yield Buffer.alloc(100_000);
          given += 1;
        }
      })(),
    );
    const restoring = restore(endless).catch(() => undefined);
    const socket = await connecting;
    socket.pause();
    const other = async (): Promise<void> => {
      const second = api.connected();
      const none = restore(Readable.from([]));
      reads(await second, 0);
      await none;
    };
    expect(await atRest(() => given, other)).toBeLessThan(300);
    over.abort();
    await restoring;
  });

  it('that fails before it has read all is told at once, and is given no more', async () => {
    const connecting = api.connected();
    // It has no end of its own.
    const input = new PassThrough();
    input.write('BEGIN;');
    const restoring = restore(input);
    const socket = await connecting;
    await once(socket, 'message');
    socket.send(said(2, 'no such table\n'));
    socket.send(mark());
    // The shell reads the rest, whose end it is told.
    const [last] = (await once(socket, 'message')) as [Buffer];
    expect(last).toEqual(Buffer.of(255, 0));
    socket.send(exited(3));
    expect(await restoring).toEqual({ exitCode: 3, stdout: '', stderr: 'no such table\n' });
    expect(input.destroyed).toBe(true);
  });
});

describe('half of an input is never taken for the whole', () => {
  it('when the process ends well before it has it', async () => {
    const connecting = api.connected();
    const restoring = restore(new PassThrough());
    const socket = await connecting;
    socket.send(mark());
    await once(socket, 'message');
    socket.send(exited(0));
    expect(await failureOf(restoring)).toMatchObject({
      reason: 'conflict',
      message: 'psql in pod shop/db-0 ended with 0 before it had been given all of its input, says kubernetes prod',
    });
  });

  it.each([
    ['breaks off', (input: PassThrough) => input.destroy(new Error('reset')), 'aborted', /broke off: reset$/],
    ['is destroyed', (input: PassThrough) => input.destroy(), 'aborted', /what was to go to it broke off/],
    [
      'breaks off with a reason of its own',
      (input: PassThrough) => input.destroy(new ActionError('not what went in', 'conflict', false)),
      'conflict',
      /^not what went in$/,
    ],
  ])('when it %s: the end is not told', async (_what, end, reason, sentence) => {
    const connecting = api.connected();
    const input = new PassThrough();
    input.write('BEGIN;');
    const restoring = restore(input);
    const socket = await connecting;
    const got: Buffer[] = [];
    socket.on('message', (message: Buffer) => got.push(message));
    await once(socket, 'message');
    const gone = once(socket, 'close');
    end(input);
    expect(await failureOf(restoring)).toMatchObject({ reason, message: expect.stringMatching(sentence) });
    await gone;
    expect(got).toEqual([said(0, 'BEGIN;')]);
  });

  it('when the connection breaks', async () => {
    const connecting = api.connected();
    const restoring = restore(megabytes(50));
    const socket = await connecting;
    await once(socket, 'message');
    api.asked[0]?.wire.destroy();
    expect(await failureOf(restoring)).toMatchObject({
      reason: 'unreachable',
      message: expect.stringContaining('a command in pod shop/db-0 broke off'),
    });
  });

  it('when the process takes nothing for too long', async () => {
    const connecting = api.connected();
    const restoring = restore(megabytes(50), 100);
    (await connecting).pause();
    expect(await failureOf(restoring)).toMatchObject({ reason: 'timeout' });
  });

  it('when the cluster can not tell a process that its input is over', async () => {
    api.protocols = ['v4.channel.k8s.io'];
    expect(await failureOf(restore(megabytes(1)))).toMatchObject({
      reason: 'bad-request',
      message:
        'kubernetes prod did not run psql in pod shop/db-0: it does not speak v5.channel.k8s.io, as Kubernetes 1.30 and newer do (HTTP 400: unsupported protocol)',
    });
    const connecting = api.connected();
    const limits = { signal: over.signal, silentMs: 60_000 };
    const output = await api.client.execOut(
      { namespace: 'shop', name: 'db-0', container: 'db' },
      { argv: ['id'] },
      limits,
    );
    (await connecting).send(exited(0));
    output.stdout.resume();
    expect(await output.ended()).toEqual({ exitCode: 0 });
  });
});
