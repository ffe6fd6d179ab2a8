import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureOf } from '../../test/fakes/failure-of.ts';
import { atRest } from '../../test/fakes/at-rest.ts';
import { exited, type KubeExecApi, notRun, said, startKubeExecApi } from '../../test/fakes/kube-exec-api.ts';

let api: KubeExecApi;
let over: AbortController;
beforeEach(async () => {
  over = new AbortController();
  api = await startKubeExecApi();
});
afterEach(() => api.close());

const pod = { namespace: 'shop', name: 'db-0', container: 'db' };
const dump = (silentMs = 60_000) =>
  api.client.execOut(pod, { argv: ['pg_dump', '--password=secret'] }, { signal: over.signal, silentMs });
/** A dump of which the API has said that. */
async function saying(...messages: readonly Buffer[]) {
  const [socket, output] = await Promise.all([api.connected(), dump()]);
  for (const message of messages) socket.send(message);
  return { socket, output };
}
const status = (code: number, message: string, details: object = {}): string =>
  JSON.stringify({ kind: 'Status', status: 'Failure', code, message, details });

describe('what a command in a pod writes', () => {
  it('is its output alone, with the tail of its errors and its exit code', async () => {
    const { output } = await saying(
      said(1, ''),
      said(2, ''),
      said(1, 'one\n'),
      said(2, 'x'.repeat(9_000)),
      said(1, 'two\n'),
      said(2, 'careful\n'),
      exited(3),
    );
    expect(await text(output.stdout)).toBe('one\ntwo\n');
    expect(await output.ended()).toEqual({ exitCode: 3 });
    expect([output.stderr().length, output.stderr().slice(-9)]).toEqual([8_192, 'xcareful\n']);
  });

  it('is of the command as it was given, by who we are', async () => {
    await saying(exited(0));
    const [{ path, query, headers } = {}] = api.asked;
    expect(path).toBe('/api/v1/namespaces/shop/pods/db-0/exec');
    expect([...(query ?? [])]).toEqual([
      ['container', 'db'],
      ['stdout', 'true'],
      ['stderr', 'true'],
      ['command', 'pg_dump'],
      ['command', '--password=secret'],
    ]);
    expect(headers).toMatchObject({ authorization: 'Bearer kube-token', 'user-agent': 'paramedic' });
  });

  it('is not taken faster than it is read, and all of it comes', async () => {
    const [block, blocks] = [said(1, 'z'.repeat(30_000)), 2_000];
    const { socket, output } = await saying();
    let taken = 0;
    const next = (): void => {
      if (taken === blocks) return socket.send(exited(0));
      socket.send(block, () => {
        taken += 1;
        next();
      });
    };
    next();
    await once(output.stdout, 'readable');
    // A second conversation is served meanwhile: what has not been taken by then is not going to be.
    const other = async (): Promise<void> => void (await saying(exited(0)));
    expect(await atRest(() => taken, other)).toBeLessThan(500);
    let bytes = 0;
    for await (const chunk of output.stdout as AsyncIterable<Buffer>) bytes += chunk.byteLength;
    expect(bytes).toBe(blocks * 30_000);
    expect(await output.ended()).toEqual({ exitCode: 0 });
  });
});

describe('a dump is no whole one', () => {
  it.each([
    ['when the connection is closed', (socket: { close(): void }) => socket.close()],
    ['when the connection breaks', (_socket: object) => api.asked[0]?.wire.destroy()],
    ['when the connection is reset', (_socket: object) => api.asked[0]?.wire.resetAndDestroy()],
  ])('%s before the API has said how it ended', async (_when, end) => {
    const { socket, output } = await saying(said(1, 'all there is\n'));
    await once(output.stdout, 'readable');
    end(socket);
    const error = await failureOf(text(output.stdout));
    expect(error.reason).toBe('unreachable');
    expect(error.message).toMatch(/^kubernetes prod at http:\S+: a command in pod shop\/db-0 broke off: /);
    expect(await failureOf(output.ended())).toBe(error);
  });

  it.each([
    ['that is no JSON', said(3, 'fine'), 'server-error', /how the process ended is no JSON/],
    ['of no stream', said(9, 'fine'), 'server-error', /a message is of no stream of a process/],
    ['that it could not be run', notRun('container is gone'), 'unreachable', /broke off: container is gone$/],
  ])('when the API says something %s', async (_what, message, reason, sentence) => {
    const { output } = await saying(said(1, 'one'), message);
    const error = await failureOf(text(output.stdout));
    expect([error.reason, error.message]).toEqual([reason, expect.stringMatching(sentence)]);
  });

  it('when nothing comes for too long', async () => {
    const [, output] = await Promise.all([api.connected(), dump(50)]);
    expect(await failureOf(text(output.stdout))).toMatchObject({
      reason: 'timeout',
      message: expect.stringMatching(/a command in pod shop\/db-0: nothing came for 0.05 s$/),
    });
  });

  it.each([
    ['it is not wanted any more', () => over.abort()],
    ['the client is closed', () => void api.client.close()],
  ])('when %s, and the connection ends', async (_when, stop) => {
    const { socket, output } = await saying(said(1, 'one'));
    const gone = once(socket, 'close');
    stop();
    expect((await failureOf(output.ended())).reason).toBe('aborted');
    await gone;
  });

  it('when its output is destroyed, and the connection ends', async () => {
    const { socket, output } = await saying();
    const gone = once(socket, 'close');
    output.stdout.destroy();
    expect((await failureOf(output.ended())).reason).toBe('aborted');
    await gone;
  });
});

describe('a command that can not be run', () => {
  it.each([
    ['exec: "pg_dump": executable file not found in $PATH: unknown', 127],
    ['exec: "/bin/pg_dump": stat /bin/pg_dump: no such file or directory: unknown', 127],
    ['exec: "/etc/passwd": permission denied: unknown', 126],
  ])('has the exit code that a shell has for it: %s', async (message, exitCode) => {
    const { output } = await saying(notRun(message));
    expect(await text(output.stdout)).toBe('');
    expect(await output.ended()).toEqual({ exitCode });
    expect(output.stderr()).toBe(message);
  });

  it('because there is no such pod is not found', async () => {
    api.refuse(404, status(404, 'pods "db-0" not found', { name: 'db-0', kind: 'pods' }));
    expect(await failureOf(dump())).toMatchObject({
      reason: 'not-found',
      message: 'kubernetes prod did not create pods/exec shop/db-0: HTTP 404: pods "db-0" not found',
    });
  });

  it.each(['create', 'get'])('for want of the right to %s is told with that right', async (verb) => {
    const what = `pods "db-0" is forbidden: User "x" cannot ${verb} resource "pods/exec" in API group "" in the namespace "shop"`;
    api.refuse(403, status(403, what));
    expect(await failureOf(dump())).toMatchObject({
      reason: 'forbidden',
      message: `kubernetes prod may not ${verb} pods/exec in namespace shop: its role lacks {apiGroups: [""], resources: ["pods/exec"], verbs: ["${verb}"]}`,
    });
  });

  it('because our credentials are old is asked once more', async () => {
    api.refuse(401, status(401, 'Unauthorized'));
    const { output } = await saying(said(1, 'one'), exited(0));
    expect(await text(output.stdout)).toBe('one');
    expect(api.asked).toHaveLength(2);
  });

  it('is not begun when nobody wants it', async () => {
    over.abort();
    expect((await failureOf(dump())).reason).toBe('aborted');
    expect(api.asked).toEqual([]);
  });
});
