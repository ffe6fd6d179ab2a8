import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { startAlertmanager } from '../harness/alertmanager.ts';
import { type Containers, type TestContainer, testContainers } from '../harness/containers.ts';
import { watchEvents } from '../harness/docker-events.ts';
import { type DockerProxy, startDockerProxy } from '../harness/docker-proxy.ts';
import { freePort } from '../harness/process.ts';
import { fingerprintOf, type PayloadAlert, webhookPayload } from '../harness/webhook-payload.ts';
import { type Ran, runParamedic } from './run-paramedic.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

let dir: string;
let proxy: DockerProxy;
let containers: Containers;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'paramedic-explain-'));
  closers.push(() => rm(dir, { recursive: true }));
  proxy = await startDockerProxy();
  closers.push(() => proxy.close());
  containers = await testContainers();
  closers.push(() => containers.removeAll());
});

/** What is printed with --json, and not a key more. */
const explained = z.strictObject({
  decisions: z.array(
    z.strictObject({
      fingerprint: z.string(),
      alertname: z.string(),
      decision: z.enum(['recover', 'none']),
      reason: z.string().min(1),
      playbook: z.string().nullable(),
      target: z.string().nullable(),
      mode: z.enum(['observe', 'act']),
      steps: z.array(
        z.strictObject({
          action: z.string(),
          verdict: z.strictObject({ ok: z.boolean(), reason: z.string() }),
          plan: z.strictObject({ summary: z.string() }).optional(),
        }),
      ),
    }),
  ),
});

async function configured(): Promise<string> {
  const file = join(dir, 'paramedic.yml');
  const config = {
    mode: 'act',
    data_dir: join(dir, 'data'),
    docker: [{ name: 'test', socket: proxy.socket }],
    playbooks: [
      {
        name: 'down',
        match: ['alertname="DockerContainerDown"', 'severity="critical"'],
        steps: [{ start: {}, verify: { within: '10s', stable: '1s' } }],
      },
      { name: 'hung', match: ['alertname="DockerContainerUnhealthy"', 'team="web"'], steps: [{ restart: {} }] },
    ],
  };
  await writeFile(file, stringify(config));
  return file;
}

async function payloadOf(alerts: readonly PayloadAlert[]): Promise<string> {
  const file = join(dir, 'payload.json');
  await writeFile(file, webhookPayload(alerts));
  return file;
}

/** Nothing but Node is there: no Redis, no Prometheus. */
const explain = (...args: readonly string[]): Promise<Ran> => runParamedic(['explain', ...args], { PATH: dir });

function decisionsOf(ran: Ran): z.infer<typeof explained>['decisions'] {
  expect([ran.code, ran.err]).toEqual([0, '']);
  return explained.parse(JSON.parse(ran.out)).decisions;
}

async function killed(name: string, labels: Readonly<Record<string, string>> = {}): Promise<TestContainer> {
  const container = await containers.web(name, { labels });
  await container.kill();
  await container.until('exited');
  return container;
}

const downLabels = (name: string) => ({ alertname: 'DockerContainerDown', severity: 'critical', name });

describe('explain', () => {
  it('tells what would be done about a killed container, and does none of it', async () => {
    const web = await killed('web');
    const events = await watchEvents(web.id);
    closers.push(async () => events.close());
    const labels = downLabels(web.name);
    const ran = await explain(await payloadOf([{ labels }]), '--json', '--config', await configured());
    const summary = `start container ${web.name} (exited with code 137)`;
    expect(decisionsOf(ran)).toEqual([
      {
        fingerprint: fingerprintOf(labels),
        alertname: 'DockerContainerDown',
        decision: 'recover',
        reason: `planned: ${summary}`,
        playbook: 'down',
        target: `docker/test/container/${web.name}`,
        mode: 'act',
        steps: [
          {
            action: 'start/container',
            verdict: { ok: true, reason: 'planned only: the mode is observe' },
            plan: { summary },
          },
        ],
      },
    ]);
    expect(proxy.requests.length).toBeGreaterThan(0);
    expect(proxy.mutating()).toEqual([]);
    await events.settled();
    expect(events.actions).toEqual([]);
    expect((await web.inspect()).State.Status).toBe('exited');
  });

  it('says the same to people without --json', async () => {
    const web = await killed('web');
    const ran = await explain(await payloadOf([{ labels: downLabels(web.name) }]), '--config', await configured());
    expect([ran.code, ran.err]).toEqual([0, '']);
    for (const line of [
      `  target    docker/test/container/${web.name}`,
      '  playbook  down',
      '  decision  recover',
      `  plan      start container ${web.name} (exited with code 137)`,
      '1 alert: 1 to recover, 0 held, 0 waiting, nothing to do about 0 of the alerts. Nothing was changed.',
    ]) {
      expect(ran.out.split('\n')).toContain(line);
    }
    expect(proxy.mutating()).toEqual([]);
  });

  it('answers every alert: nobody answers it, resolved, absent, well, allowed to be looked at only', async () => {
    const well = await containers.web('well');
    await well.until('running', 'healthy');
    const shy = await killed('shy', { 'paramedic.dev/mode': 'observe' });
    const absent = `${containers.prefix}-absent`;
    const alerts: readonly PayloadAlert[] = [
      { labels: { ...downLabels(well.name), severity: 'info' } },
      { labels: { ...downLabels(well.name), resolved: 'yes' }, status: 'resolved' },
      { labels: downLabels(absent) },
      { labels: downLabels(well.name) },
      { labels: downLabels(shy.name) },
    ];
    const decisions = decisionsOf(await explain(await payloadOf(alerts), '--json', '--config', await configured()));
    const told = alerts.map(({ labels }) => decisions.find((one) => one.fingerprint === fingerprintOf(labels)));
    expect(decisions).toHaveLength(alerts.length);
    const none = { decision: 'none', steps: [] };
    expect(told).toMatchObject([
      {
        ...none,
        reason:
          'no playbook answers it: the nearest is down, whose matcher severity="critical" fails (severity is "info")',
        playbook: null,
        target: null,
      },
      { ...none, reason: 'it is resolved: nothing is done about it', playbook: null },
      { ...none, reason: `there is no container "${absent}" on docker engine test`, playbook: 'down', target: null },
      { ...none, reason: expect.stringMatching(/^obsolete: .+ is well, watched for \d+ s: it got well by itself$/) },
      { decision: 'recover', mode: 'observe', reason: `planned: start container ${shy.name} (exited with code 137)` },
    ]);
    expect(proxy.mutating()).toEqual([]);
  });

  it('needs no configuration: the engine is found, the shipped playbooks answer', async () => {
    const web = await killed('web');
    const payload = await payloadOf([{ labels: { alertname: 'ContainerKilled', name: web.name } }]);
    const env = { PATH: dir, HOME: dir, DOCKER_HOST: `unix://${proxy.socket}` };
    const decisions = decisionsOf(await runParamedic(['explain', payload, '--json'], env));
    expect(decisions).toMatchObject([
      {
        decision: 'recover',
        playbook: 'docker-container-down',
        target: `docker/local/container/${web.name}`,
        mode: 'observe',
      },
    ]);
    expect(proxy.mutating()).toEqual([]);
  });

  it.each([
    ['{"version": "4", "alerts": [', /is no webhook payload: .*JSON/],
    ['[]', /is no webhook payload: body: expected an object, got an array/],
    ['{"version": "3"}', /is no webhook payload: version: expected the string "4" .*, got "3"/],
    [undefined, /is no webhook payload: .*no such file/],
  ])('refuses the payload %j with a sentence and exit code 2', async (text, sentence) => {
    const file = join(dir, 'broken.json');
    if (text !== undefined) await writeFile(file, text);
    const ran = await explain(file, '--json', '--config', await configured());
    expect([ran.code, ran.out]).toEqual([2, '']);
    expect(ran.err).toMatch(sentence);
    expect(ran.err.trimEnd().split('\n')).toHaveLength(1);
  });

  it('reads what is firing now out of a real Alertmanager', async () => {
    const web = await killed('web');
    const webhookUrl = `http://127.0.0.1:${await freePort()}/webhook`;
    const alertmanager = await startAlertmanager({ webhookUrl });
    closers.push(() => alertmanager.stop());
    await alertmanager.post([
      { labels: downLabels(web.name) },
      { labels: { alertname: 'DiskFull', device: 'sda' } },
      { labels: { alertname: 'LongOver' }, endsAt: new Date(Date.now() - 1_000).toISOString() },
    ]);
    const config = await configured();
    const decisions = decisionsOf(await explain('--alertmanager', alertmanager.url, '--json', '--config', config));
    const byName = decisions.toSorted((a, b) => a.alertname.localeCompare(b.alertname));
    expect(byName).toMatchObject([
      {
        alertname: 'DiskFull',
        decision: 'none',
        reason: 'no playbook answers it, and none comes near',
      },
      { alertname: 'DockerContainerDown', decision: 'recover', target: `docker/test/container/${web.name}` },
    ]);
    expect(byName[1]?.steps.map(({ action, plan }) => [action, plan?.summary])).toEqual([
      ['start/container', `start container ${web.name} (exited with code 137)`],
    ]);
    const listed = await alertmanager.list();
    const of = (name: string) => listed.find(({ labels }) => labels['alertname'] === name)?.fingerprint;
    expect(byName.map(({ fingerprint }) => fingerprint)).toEqual([of('DiskFull'), of('DockerContainerDown')]);
    expect(proxy.mutating()).toEqual([]);
  });

  it('names the Alertmanager that does not answer, with exit code 2', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const ran = await explain('--alertmanager', url, '--json', '--config', await configured());
    expect([ran.code, ran.out]).toEqual([2, '']);
    expect(ran.err).toContain(`no Alertmanager answers at ${url}: `);
  });
});
