import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type Containers, testContainers } from '../harness/containers.ts';
import { type DockerProxy, startDockerProxy } from '../harness/docker-proxy.ts';
import { type Paramedic, startParamedic } from '../harness/paramedic.ts';
import { startRedis } from '../harness/redis.ts';
import { metric, metrics, post, rewrite } from './live-paramedic.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

let first: DockerProxy;
let second: DockerProxy;
let containers: Containers;
beforeEach(async () => {
  [first, second] = await Promise.all([startDockerProxy(), startDockerProxy()]);
  closers.push(async () => Promise.all([first.close(), second.close()]));
  containers = await testContainers();
  closers.push(() => containers.removeAll());
});

async function serve(config: unknown): Promise<Paramedic> {
  const paramedic = await startParamedic({ config: stringify(config) });
  closers.push(() => paramedic.stop());
  return paramedic;
}

const verify = { within: '20s', stable: '1s' };
const playbook = (name: string, alertname: string, verb: string) => ({
  name,
  match: [`alertname="${alertname}"`],
  steps: [{ [verb]: {}, verify }],
});
const down = playbook('down', 'DockerContainerDown', 'start');
const paused = playbook('paused', 'DockerContainerPaused', 'unpause');
const engine = (name: string, { socket }: DockerProxy) => ({ name, socket });

const readAgain = (paramedic: Paramedic) =>
  paramedic.waitForLog(({ msg }) => String(msg).startsWith('the configuration was read again'));

const ended = (paramedic: Paramedic, target: string, result: string) =>
  paramedic.waitForLog((line) => line['event'] === 'ended' && line['target'] === target && line['result'] === result);

describe('a reload', () => {
  it('by SIGHUP brings another mode, another playbook and another engine, for the same alert too', async () => {
    const killed = await containers.web('killed');
    const still = await containers.web('still');
    await killed.kill();
    await containers.docker.getContainer(still.id).pause();
    const paramedic = await serve({ mode: 'observe', docker: [engine('one', first)], playbooks: [down] });
    await post(paramedic, 'DockerContainerDown', killed);
    await post(paramedic, 'DockerContainerPaused', still);
    await ended(paramedic, `docker/one/container/${killed.name}`, 'planned');
    const answered = await paramedic.waitForLog(
      ({ event, alertname }) => event === 'decided' && alertname === 'DockerContainerPaused',
    );
    expect(answered['reason']).toMatch(/no playbook answers it/);
    await expect.poll(() => metric(paramedic, 'paramedic_engine_up', { engine: 'one' })).toBe(1);

    const { pid } = paramedic;
    await rewrite(paramedic, stringify({ mode: 'act', docker: [engine('two', second)], playbooks: [down, paused] }));
    paramedic.signal('SIGHUP');
    await readAgain(paramedic);
    await post(paramedic, 'DockerContainerDown', killed);
    await post(paramedic, 'DockerContainerPaused', still);
    await ended(paramedic, `docker/two/container/${killed.name}`, 'recovered');
    await ended(paramedic, `docker/two/container/${still.name}`, 'recovered');
    await Promise.all([killed, still].map((one) => one.until('running', 'healthy')));

    expect(first.mutating()).toEqual([]);
    const done = second.mutating().map(({ path }) => path);
    expect(done.toSorted()).toEqual([`/containers/${killed.id}/start`, `/containers/${still.id}/unpause`].toSorted());
    await expect.poll(() => metric(paramedic, 'paramedic_engine_up', { engine: 'two' })).toBe(1);
    expect((await metrics(paramedic)).filter((line) => line.includes('engine="one"'))).toEqual([]);
    expect(await metric(paramedic, 'paramedic_config_last_reload_successful')).toBe(1);
    expect(paramedic.pid).toBe(pid);
    process.kill(pid, 0);
  });

  it('of a bad file keeps the old configuration, and says every mistake with its place', async () => {
    const killed = await containers.web('killed');
    await killed.kill();
    const paramedic = await serve({ mode: 'act', docker: [engine('one', first)], playbooks: [down] });
    expect(await metric(paramedic, 'paramedic_config_last_reload_successful')).toBe(1);
    await rewrite(paramedic, 'mode: wild\nfreshness: soon\nplaybooks: []\n');
    paramedic.signal('SIGHUP');
    const told = await paramedic.waitForLog(({ msg }) => String(msg).startsWith('the configuration stays as it was'));
    expect(told).toMatchObject({ level: 'error', msg: expect.stringMatching(/paramedic\.yml:3:7: .*mode/) });
    expect(told['msg']).toMatch(/paramedic\.yml:4:12: "soon" is no duration/);
    expect(await metric(paramedic, 'paramedic_config_last_reload_successful')).toBe(0);
    await post(paramedic, 'DockerContainerDown', killed);
    await ended(paramedic, `docker/one/container/${killed.name}`, 'recovered');

    await rewrite(paramedic, stringify({ docker: [engine('one', first)], playbooks: [down] }));
    paramedic.signal('SIGHUP');
    await readAgain(paramedic);
    expect(await metric(paramedic, 'paramedic_config_last_reload_successful')).toBe(1);
  });

  it('many at once end with what the file says last', async () => {
    const paramedic = await serve({ docker: [engine('one', first)], playbooks: [down] });
    const { url, uiPassword } = paramedic;
    const login = `Basic ${Buffer.from(`paramedic:${uiPassword}`).toString('base64')}`;
    const answers: Promise<Response>[] = [];
    for (let turn = 1; turn <= 30; turn += 1) {
      await rewrite(paramedic, stringify({ docker: [engine(`engine-${turn}`, second)], playbooks: [down] }));
      answers.push(fetch(`${url}/-/reload`, { method: 'POST', headers: { origin: url, authorization: login } }));
      if (turn % 3 === 0) paramedic.signal('SIGHUP');
    }
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(answers.map(() => 200));
    await expect
      .poll(() => metric(paramedic, 'paramedic_engine_up', { engine: 'engine-30' }), { timeout: 20_000 })
      .toBe(1);
    const engines = (await metrics(paramedic)).filter((line) => line.startsWith('paramedic_engine_up{'));
    expect(engines).toHaveLength(1);
    expect(paramedic.log().filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('over HTTP needs the login of the queue UI and our own Origin, and answers with the mistakes', async () => {
    const paramedic = await serve({ docker: [engine('one', first)], playbooks: [down] });
    const { url, uiPassword, token } = paramedic;
    const basic = (password: string) => `Basic ${Buffer.from(`paramedic:${password}`).toString('base64')}`;
    const login = { authorization: basic(uiPassword) };
    const origin = { origin: url };
    const reload = async (headers: Record<string, string>, method = 'POST') => {
      const response = await fetch(`${url}/-/reload`, { method, headers });
      return [response.status, await response.text()];
    };
    const needsLogin = [401, `{"error":"This needs the queue UI's login."}`];
    await rewrite(paramedic, 'mode: wild\n');
    expect(await reload(origin)).toEqual(needsLogin);
    expect(await reload({ ...origin, authorization: basic('wrong') })).toEqual(needsLogin);
    expect(await reload({ ...origin, authorization: basic(token) })).toEqual(needsLogin);
    expect(await reload({ ...origin, authorization: `Bearer ${token}` })).toEqual(needsLogin);
    expect(await reload(login)).toEqual([403, expect.stringContaining('send the header `Origin: ')]);
    expect((await reload({ ...login, origin: 'http://evil.example' }))[0]).toBe(403);
    expect((await reload({ ...login, ...origin }, 'GET'))[0]).toBe(405);
    expect(await metric(paramedic, 'paramedic_config_last_reload_successful')).toBe(1);

    const bad = await reload({ ...login, ...origin });
    expect(bad).toEqual([500, expect.stringMatching(/^\S+paramedic\.yml:3:7: .*mode.*\n/)]);
    expect(await metric(paramedic, 'paramedic_config_last_reload_successful')).toBe(0);
    await rewrite(paramedic, stringify({ docker: [engine('one', first)], playbooks: [down] }));
    expect(await reload({ ...login, ...origin })).toEqual([200, 'The configuration was read again.\n']);
    expect(await metric(paramedic, 'paramedic_config_last_reload_successful')).toBe(1);
  });
});

it('it is healthy while Redis is away, but not ready, and is ready again by itself', async () => {
  const redis = await startRedis();
  closers.push(() => redis.stop());
  const paramedic = await serve({ redis: { url: redis.url }, docker: [], playbooks: [down] });
  const ask = async (path: string) => {
    const response = await fetch(`${paramedic.url}/-/${path}`);
    return [response.status, await response.text()];
  };
  expect([await ask('healthy'), await ask('ready')]).toEqual([
    [200, 'Healthy.\n'],
    [200, 'ready\n'],
  ]);
  await redis.kill();
  await expect.poll(() => ask('ready'), { timeout: 10_000 }).toEqual([503, 'Redis does not answer\n']);
  expect(await ask('healthy')).toEqual([200, 'Healthy.\n']);
  await redis.restart();
  await expect.poll(() => ask('ready'), { timeout: 20_000 }).toEqual([200, 'ready\n']);
});

it('a real container is on /metrics as it is now, and off when it is removed, also after a reload', async () => {
  const compose = { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web' };
  const web = await containers.web('web', { labels: compose });
  const paramedic = await serve({ docker: [engine('one', first)], playbooks: [down] });
  const of = (engineName: string) => ({
    engine: engineName,
    name: web.name,
    compose_project: 'shop',
    compose_service: 'web',
  });
  const state = (word: string, on = 'one') =>
    metric(paramedic, 'paramedic_container_state', { ...of(on), state: word });
  const soon = { timeout: 15_000 };
  await expect.poll(() => state('running'), soon).toBe(1);
  await expect
    .poll(() => metric(paramedic, 'paramedic_container_health', { ...of('one'), health: 'healthy' }), soon)
    .toBe(1);
  const startedAt = Date.parse((await web.inspect()).State.StartedAt) / 1000;
  expect(await metric(paramedic, 'paramedic_container_started_timestamp_seconds', of('one'))).toBeCloseTo(startedAt, 2);
  await web.kill();
  await expect.poll(() => state('exited'), soon).toBe(1);
  expect(await state('running')).toBe(0);
  expect(await metric(paramedic, 'paramedic_container_exit_code', of('one'))).toBe(137);

  await rewrite(paramedic, stringify({ docker: [engine('two', second)], playbooks: [down] }));
  paramedic.signal('SIGHUP');
  await expect.poll(() => state('exited', 'two'), soon).toBe(1);
  expect(await state('exited', 'one')).toBeUndefined();
  await containers.docker.getContainer(web.id).start();
  await expect.poll(() => state('running', 'two'), soon).toBe(1);
  await containers.removeAll();
  await expect
    .poll(async () => (await metrics(paramedic)).filter((line) => line.includes(`"${web.name}"`)), soon)
    .toEqual([]);
});
