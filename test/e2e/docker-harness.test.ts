import Docker from 'dockerode';
import { afterEach, describe, expect, it } from 'vitest';
import { type Containers, testContainers } from '../harness/containers.ts';
import { watchEvents } from '../harness/docker-events.ts';
import { type DockerProxy, startDockerProxy } from '../harness/docker-proxy.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function containers(): Promise<Containers> {
  const made = await testContainers();
  cleanups.push(() => made.removeAll());
  return made;
}

async function events(id: string): ReturnType<typeof watchEvents> {
  const counter = await watchEvents(id);
  cleanups.push(() => counter.close());
  return counter;
}

async function proxied(): Promise<{ proxy: DockerProxy; docker: Docker }> {
  const proxy = await startDockerProxy();
  cleanups.push(() => proxy.close());
  return { proxy, docker: new Docker({ socketPath: proxy.socket }) };
}

const isInspect = ({ path }: { path: string }) => path.endsWith('/json');
const isVersion = ({ path }: { path: string }) => path === '/version';
const isRestart = ({ path }: { path: string }) => path.endsWith('/restart');

describe('the containers of a test', () => {
  it('get well, hang on purpose, and are cured by a restart', async () => {
    const web = await (await containers()).web('web');
    await web.until('running', 'healthy');
    await web.hang();
    await web.until('running', 'unhealthy');
    await (await containers()).docker.getContainer(web.id).restart({ t: 1 });
    await web.until('running', 'healthy');
    expect((await web.inspect()).State.Status).toBe('running');
  });

  it('can ignore TERM until they are killed', async () => {
    const made = await containers();
    const stubborn = await made.stubborn('stubborn', { stopTimeoutS: 1 });
    await made.docker.getContainer(stubborn.id).stop();
    expect((await stubborn.inspect()).State.ExitCode).toBe(137);
  });

  it('have their events counted, from the first one after the watch began', async () => {
    const made = await containers();
    const web = await made.stubborn('counted');
    const counter = await events(web.id);
    await made.docker.getContainer(web.id).restart({ t: 0 });
    await counter.settled();
    // TERM and KILL, when the engine came to send both.
    expect(counter.actions.filter((action) => action !== 'kill')).toEqual(['die', 'stop', 'start', 'restart']);
    await web.kill();
    await counter.next('die', 2);
    expect(counter.count('restart')).toBe(1);
  });
});

describe('the proxy before the engine', () => {
  it('passes requests, events and a hijacked connection on as they are', async () => {
    const made = await containers();
    const web = await made.stubborn('through');
    const { proxy, docker } = await proxied();
    const stream = await docker.getEvents({ filters: { container: [web.id] } });
    const told = new Promise<string>((resolve) => {
      stream.once('data', (chunk: Buffer) => resolve(chunk.toString()));
    });
    await docker.getContainer(web.id).rename({ name: `${web.name}-renamed` });
    expect(await told).toContain('"Action":"rename"');
    const exec = await docker.getContainer(web.id).exec({ Cmd: ['cat'], AttachStdin: true, AttachStdout: true });
    const hijacked = await exec.start({ hijack: true, stdin: true });
    const echoed = new Promise<string>((resolve) => {
      hijacked.once('data', (chunk: Buffer) => resolve(chunk.subarray(8).toString()));
    });
    hijacked.write('to and fro\n');
    expect(await echoed).toBe('to and fro\n');
    hijacked.end();
    const { Id } = await docker.getContainer(web.id).inspect();
    expect(Id).toBe(web.id);
    expect(proxy.mutating().map(({ method, path }) => `${method} ${path.replace(/[0-9a-f]{64}/, 'ID')}`)).toEqual([
      'POST /containers/ID/rename',
      'POST /containers/ID/exec',
      'POST /exec/ID/start',
    ]);
  });

  it.each([
    ['before-forward', 0],
    ['after-forward', 1],
    ['answer-byte:1', 1],
  ] as const)('springs a trap %s, does what it is told and cuts the connection', async (moment, restarts) => {
    const made = await containers();
    const web = await made.stubborn('trapped');
    const counter = await events(web.id);
    const { proxy, docker } = await proxied();
    const acts: string[] = [];
    const act = ({ method }: { method: string }) => acts.push(method);
    const sprung = proxy.trap({ matches: isRestart, moment, act, afterwards: 'drop' });
    await expect(docker.getContainer(web.id).restart({ t: 0 })).rejects.toThrow();
    expect(await sprung).toMatchObject({ method: 'POST', query: '?t=0', mutating: true });
    expect(acts).toEqual(['POST']);
    if (restarts > 0) await counter.next('restart');
    await counter.settled();
    expect(counter.count('restart')).toBe(restarts);
  });

  it('lets the first ones pass when it is told to skip, and goes on after `pass`', async () => {
    const made = await containers();
    const web = await made.stubborn('skipped');
    const { proxy, docker } = await proxied();
    let acts = 0;
    const act = () => acts++;
    const sprung = proxy.trap({ matches: isInspect, skip: 2, moment: 'answer-byte:40', act, afterwards: 'pass' });
    for (const expected of [0, 0, 1, 1]) {
      expect((await docker.getContainer(web.id).inspect()).Id).toBe(web.id);
      expect(acts).toBe(expected);
    }
    await sprung;
  });

  it('swallows what changes a container and lets the rest through', async () => {
    const made = await containers();
    const web = await made.stubborn('swallowed');
    const counter = await events(web.id);
    const { proxy, docker } = await proxied();
    proxy.swallow();
    await docker.getContainer(web.id).restart({ t: 0 });
    await docker.getContainer(web.id).pause();
    await counter.settled();
    expect(counter.actions).toEqual([]);
    expect(proxy.mutating()).toHaveLength(2);
    proxy.swallow([]);
    await docker.getContainer(web.id).restart({ t: 0 });
    await counter.settled();
    expect(counter.count('restart')).toBe(1);
  });

  it('makes the faults it is told to make, as often as it is told', async () => {
    const { proxy, docker } = await proxied();
    for (const [kind, message] of [
      ['500', /500 Internal Server Error/],
      ['429', /429 Too Many Requests/],
      ['reset', /hang up|ECONNRESET|aborted/],
    ] as const) {
      proxy.fault({ matches: isVersion, kind, times: 1 });
      await expect(docker.version()).rejects.toThrow(message);
      expect((await docker.version()).ApiVersion).toBeTruthy();
    }
    const heal = proxy.fault({ matches: isVersion, kind: 'hang' });
    const hasty = new Docker({ socketPath: proxy.socket, timeout: 200 });
    await expect(hasty.version()).rejects.toThrow(/hang up|timeout/i);
    heal();
    expect((await docker.version()).ApiVersion).toBeTruthy();
  });
});
