import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import type { Decision } from '../../src/domain/decision.ts';
import type { Store } from '../../src/domain/store.ts';
import { type Containers, type TestContainer, testContainers } from '../harness/containers.ts';
import { type DockerProxy, startDockerProxy } from '../harness/docker-proxy.ts';
import { type Paramedic, startParamedic } from '../harness/paramedic.ts';
import { fingerprintOf, webhookPayload } from '../harness/webhook-payload.ts';
import { openStore } from './open-store.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

let proxy: DockerProxy;
let containers: Containers;
let paramedic: Paramedic;
let store: Store;
/** A container that is down: whatever is posted must not touch it. */
let victim: TestContainer;
beforeEach(async () => {
  proxy = await startDockerProxy();
  closers.push(() => proxy.close());
  containers = await testContainers();
  closers.push(() => containers.removeAll());
  const steps = [{ start: {}, verify: { within: '20s', stable: '1s' } }];
  const config = {
    mode: 'act',
    docker: [{ name: 'test', socket: proxy.socket }],
    // As wide as a playbook can be: only the labels' own values are in the way.
    playbooks: [{ name: 'anything', match: ['alertname=~"(?s).*"'], steps, guardrails: { cooldown: '0s' } }],
  };
  paramedic = await startParamedic({ config: stringify(config) });
  closers.push(() => paramedic.stop());
  const opened = openStore(paramedic.dataDir);
  closers.push(() => opened.stop());
  store = opened.store;
  victim = await down('victim');
});

async function down(name: string, labels: Record<string, string> = {}, fullName?: string): Promise<TestContainer> {
  const create = fullName === undefined ? {} : { name: fullName };
  const container = await containers.web(name, { labels, create });
  await container.kill();
  await container.until('exited');
  return container;
}

interface Answered {
  readonly status: number;
  readonly error: string | undefined;
}

async function post(body: string | Buffer, headers: Record<string, string> = {}): Promise<Answered> {
  const response = await fetch(`${paramedic.url}/webhook`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${paramedic.token}`, ...headers },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
  const { error } = z.object({ error: z.string().optional() }).parse(await response.json());
  return { status: response.status, error };
}

/** The decision about an alert, once there is one. */
async function decided(fingerprint: string): Promise<Decision> {
  for (const deadline = Date.now() + 20_000; ;) {
    const found = (await store.decisions(1_000)).find((one) => one.fingerprint === fingerprint);
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`there is no decision about ${fingerprint}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Nothing was done, nothing broke, and what is good is still answered. */
async function unharmed(): Promise<void> {
  expect(proxy.mutating()).toEqual([]);
  expect((await victim.inspect()).State.Status).toBe('exited');
  const troubles = paramedic.log().filter(({ level }) => level === 'error' || level === 'fatal');
  expect(troubles).toEqual([]);

  const { pid } = paramedic;
  const labels = { alertname: 'DockerContainerDown', name: victim.name };
  expect(await post(webhookPayload([{ labels }]))).toEqual({ status: 202, error: undefined });
  const ended = await paramedic.waitForLog(({ event }) => event === 'ended', 60_000);
  expect(ended).toMatchObject({ result: 'recovered', target: `docker/test/container/${victim.name}` });
  expect(proxy.mutating().map(({ path }) => path)).toEqual([`/containers/${victim.id}/start`]);
  await victim.until('running', 'healthy');
  process.kill(pid, 0);
}

it('hostile labels come to a decision none with a reason, whatever they name, and to no request that changes a thing', async () => {
  // Written so that no other container of this machine is called the same.
  const watcher = Array.from('prometheus', (c) => (Math.random() < 0.5 ? c.toUpperCase() : c)).join('');
  await down('watcher', {}, watcher);
  const [untouchable, pod, cadvisor] = [
    await down('untouchable', { 'paramedic.dev/mode': 'none' }),
    await down('pod', { 'io.kubernetes.pod.name': 'web-0' }),
    await down('cadvisor', { 'com.docker.compose.service': 'cadvisor' }),
  ];
  const { name, id } = victim;
  const no = (what: string) => new RegExp(`^the labels name a container by ".+", which is no ${what}$`);
  const notThere = /^there is no container .+ on docker engine test$/;
  const noCluster = /^the labels name pod "kube-system\/web-0", but no Kubernetes cluster is configured: /;
  const nothingKnown = /^its labels name no target that we know how to look after$/;
  const hostile: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ name: '../../kube-system' }, no('container name')],
    [{ name: '..' }, no('container name')],
    [{ name: `../containers/${name}` }, no('container name')],
    [{ name: `${name}/restart?t=0` }, no('container name')],
    [{ name: `${name}%2frestart` }, no('container name')],
    [{ name: `${name}?x=` }, no('container name')],
    [{ name: `${name}#` }, no('container name')],
    [{ name: `//${name}` }, no('container name')],
    [{ name: '$(reboot)' }, no('container name')],
    [{ name: '`reboot`' }, no('container name')],
    [{ name: '; rm -rf /' }, no('container name')],
    [{ name: '--help' }, no('container name')],
    [{ name: `${name}\nPOST /containers/${id}/start HTTP/1.1` }, no('container name')],
    [{ name: `${name}\r\nx: y` }, no('container name')],
    [{ name: `${name}\n` }, no('container name')],
    [{ name: `${name}\u0000` }, no('container name')],
    [{ name: ' ' }, no('container name')],
    [{ name: 'wéb' }, no('container name')],
    [{ name: `${name}\u200b` }, no('container name')],
    [{ name: '\u202e💥\ud800' }, no('container name')],
    [{ name: '[object Object]' }, no('container name')],
    [{ name: 'x'.repeat(60_000) }, no('container name')],
    [{ name: '{{ .Name }}' }, no('container name')],
    [{ name: '__proto__' }, no('container name')],
    [{ name: 'constructor' }, notThere],
    [{ name: 'f'.repeat(64) }, notThere],
    [{ name: id.slice(0, 12) }, notThere],
    [{ name: id.slice(0, 63) }, notThere],
    [{ name: id.toUpperCase() }, notThere],
    [{ name: name.toUpperCase() }, notThere],
    [{ name: name.slice(0, -1) }, notThere],
    [{ id: `/docker/../${id}` }, nothingKnown],
    [{ id: `/docker/${id.slice(0, 12)}` }, no('container id')],
    [{ id: `/system.slice/docker-${'0'.repeat(64)}.scope` }, notThere],
    [{ compose_service: 'web' }, /^the labels name the compose service "web" but not its project$/],
    [{ compose_project: '*', compose_service: 'web' }, no('compose project')],
    [{ compose_project: 'shop', compose_service: '$(reboot)' }, no('compose service')],
    [{ name, engine: '../../etc' }, /^the labels name the docker engine "\.\.\/\.\.\/etc", which is not configured/],
    [{ name, engine: '__proto__' }, /^the labels name the docker engine "__proto__", which is not configured/],
    [{ name, namespace: 'kube-system', pod: 'web-0' }, noCluster],
    [{ name: `k8s_POD_${name}` }, nothingKnown],
    [{ name, id: `/kubepods/burstable/${id}` }, nothingKnown],
    [{ alertname: '', name }, /^it has no alertname label$/],
    [{ alertname: 'Watchdog', name }, /^it is a heartbeat/],
    [{ alertname: 'ParamedicDown', name }, /^it is about Paramedic itself$/],
    [{ alertname: "\u0000\n\"]] redis.call('FLUSHALL') --", name: '$(reboot)' }, no('container name')],
    [{ name: watcher }, /is never acted on: prometheus is part of the monitoring$/],
    [{ name: cadvisor.name }, /is never acted on: cadvisor is part of the monitoring$/],
    [{ name: untouchable.name }, /is never acted on: its label paramedic\.dev\/mode is none$/],
    [{ name: pod.name }, /is never acted on: it belongs to Kubernetes$/],
    [{ x: 'y' }, nothingKnown],
  ];
  const alerts = hostile.map(([labels, reason]) => ({
    labels: { alertname: 'DockerContainerDown', ...labels },
    reason,
  }));
  const bodies = alerts.map((alert) => webhookPayload([alert]));
  // A label that JavaScript would not keep when it is written out in the usual way.
  bodies.push(webhookPayload([{ labels: { a: '1' } }]).replace('"a":', `"__proto__":{"name":"${name}"},"alertname":`));
  const answers = await Promise.all(bodies.map((body) => post(body)));
  expect(answers.map(({ status }) => status)).toEqual([...alerts.map(() => 202), 400]);

  const decisions = await Promise.all(alerts.map(({ labels }) => decided(fingerprintOf(labels))));
  for (const [index, { labels, reason }] of alerts.entries()) {
    expect({ labels, ...decisions[index] }).toMatchObject({ decision: 'none', reason: expect.stringMatching(reason) });
    expect(decisions[index]?.reason).toMatch(/^[\x20-\x7e…]{1,300}$/);
  }
  expect(await store.openRecoveries()).toEqual([]);
  await unharmed();
});

it('bodies that can never be right are refused with a sentence, and nothing of them is stored', async () => {
  const good = webhookPayload([{ labels: { alertname: 'DockerContainerDown', name: victim.name } }]);
  const put = (path: readonly (string | number)[], value: unknown): string => {
    const body: unknown = JSON.parse(good);
    let place = body as Record<string | number, unknown>;
    for (const key of path.slice(0, -1)) place = place[key] as Record<string | number, unknown>;
    place[path.at(-1) ?? ''] = value;
    return JSON.stringify(body);
  };
  const alert = ['alerts', 0] as const;
  const labels = Object.fromEntries(Array.from({ length: 200_000 }, (_, index) => [`label_${index}`, '']));
  const bad: readonly (readonly [number, string | Buffer, Record<string, string>?])[] = [
    [400, good.slice(0, -20)],
    [400, good.slice(0, 1)],
    [400, ''],
    [400, 'null'],
    [400, '"alerts"'],
    [400, `[${good}]`],
    [400, `${good}${good}`],
    [400, '['.repeat(1_000_000)],
    [400, Buffer.from([0x00, 0xff, 0xfe, 0x00])],
    [400, put(['version'], 4)],
    [400, put(['version'], '3')],
    [400, put(['alerts'], {})],
    [400, put(['alerts'], 'all')],
    [400, put(['alerts'], [null])],
    [400, put(['receiver'], { name: 'x' })],
    [400, put(['truncatedAlerts'], -1)],
    [400, put([...alert, 'status'], 'burning')],
    [400, put([...alert, 'labels'], ['name'])],
    [400, put([...alert, 'labels'], labels)],
    [400, put([...alert, 'labels', 'name'], 7)],
    [400, put([...alert, 'labels', 'name'], { $ne: null })],
    [400, put([...alert, 'labels', 'name'], 'x'.repeat(70_000))],
    [400, put([...alert, 'annotations'], 'none')],
    [400, put([...alert, 'fingerprint'], '../../recovery')],
    [400, put([...alert, 'fingerprint'], 'a:b\n')],
    [400, put([...alert, 'startsAt'], 'yesterday')],
    [400, put([...alert, 'startsAt'], 1e308)],
    [413, put([...alert, 'annotations', 'text'], 'x'.repeat(11 * 1024 * 1024))],
    [415, good, { 'content-type': 'text/plain' }],
    [415, gzipSync(good), { 'content-encoding': 'gzip' }],
    [401, good, { authorization: 'Bearer ' }],
    [401, good, { authorization: `Basic ${Buffer.from(`paramedic:${paramedic.uiPassword}`).toString('base64')}` }],
  ];
  for (const [status, body, headers] of bad) {
    const answer = await post(body, headers);
    expect([body.slice(0, 200).toString(), answer.status]).toEqual([body.slice(0, 200).toString(), status]);
    expect(answer.error).toMatch(/^.{10,400}$/);
  }
  expect(await store.decisions(1_000)).toEqual([]);
  await unharmed();
});
