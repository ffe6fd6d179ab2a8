import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { startAlertmanager } from '../harness/alertmanager.ts';
import { dockerSocket } from '../harness/docker-socket.ts';
import { type LogLine, type Paramedic, startParamedic } from '../harness/paramedic.ts';
import { freePort } from '../harness/process.ts';
import { startPrometheus } from '../harness/prometheus.ts';
import { startRedis } from '../harness/redis.ts';
import { type ChangedContainers, type Fault, faults, type Look, startChangedContainers } from './changed-containers.ts';
import { configFile } from './live-paramedic.ts';
import { runParamedic } from './run-paramedic.ts';

const alertRules = new URL('../../alert-rules/', import.meta.url);
const ofFolder = (folder: string, name: string) => fileURLToPath(new URL(`${folder}/${name}`, alertRules));
const shippedFolders = async () => (await readdir(alertRules)).filter((name) => name.startsWith('docker-'));
const shipped = z.looseObject({ match: z.array(z.string()) });
const list = z.object({
  targets: z.array(z.object({ target: z.string(), versions: z.number(), changed: z.number().optional() })),
});

let containers: ChangedContainers;
let paramedic: Paramedic;
const before = new Map<Fault, Look>();
let changed: Look;
const closers: (() => Promise<unknown>)[] = [];
const own = <T extends { stop(): Promise<void> }>(server: T): T => {
  closers.push(() => server.stop());
  return server;
};

const keyOf = (fault: Fault) => `docker/test/container/${containers.nameOf(fault)}`;
const command = (...args: readonly string[]) => runParamedic([...args, '--config', configFile(paramedic)]);
const remembered = async () => list.parse(JSON.parse((await command('known-good', 'list', '--json')).out)).targets;
const told = (event: string, fault: Fault) =>
  paramedic.log().filter((line) => line['event'] === event && line['target'] === keyOf(fault));
const until = (holds: () => Promise<boolean>) =>
  vi.waitFor(async () => expect(await holds()).toBe(true), { timeout: 90_000, interval: 500 });

async function outcomeOf(fault: Fault): Promise<unknown> {
  const isEnd = (line: LogLine) => line['event'] === 'ended' && line['target'] === keyOf(fault);
  return (await paramedic.waitForLog(isEnd, 150_000))['result'];
}

/** The shipped playbooks, for the containers of this test alone. */
async function playbooks(): Promise<readonly unknown[]> {
  const texts = (await shippedFolders()).map((folder) => readFile(ofFolder(folder, 'playbook.yml'), 'utf8'));
  return (await Promise.all(texts)).map((text) => {
    const { match, ...rest } = shipped.parse(parse(text));
    return { ...rest, match: [...match, `name=~"${containers.prefix}-.+"`] };
  });
}

/** From the shipped rules on a Prometheus to Paramedic. */
async function startRoad(): Promise<void> {
  const redis = own(await startRedis());
  const port = await freePort();
  const config = stringify({
    mode: 'act',
    redis: { url: redis.url },
    docker: [{ name: 'test', socket: dockerSocket() }],
    alertmanager: { urls: [`http://127.0.0.1:${port}`] },
    known_good: { after: '30s' },
    // All of them at once would be a storm, and too many in one place.
    guardrails: { risk: 'high', storm: 'off', concurrency: { namespace: 9, global: 9 } },
    playbooks: await playbooks(),
  });
  paramedic = own(await startParamedic({ config }));
  const { url, tokenFile } = paramedic;
  const groupBy = ['alertname', 'name'];
  const alertmanager = own(await startAlertmanager({ webhookUrl: `${url}/webhook`, tokenFile, groupBy, port }));
  own(
    await startPrometheus({
      rulesFiles: (await shippedFolders()).map((folder) => ofFolder(folder, 'rules.yml')),
      scrape: [{ job: 'paramedic', target: new URL(url).host }],
      alertmanagers: [alertmanager.url],
      forDuration: '1s',
    }),
  );
}

beforeAll(async () => {
  containers = await startChangedContainers();
  closers.push(() => containers.close());
  await startRoad();
  await until(async () => {
    const known = (await remembered()).filter(({ versions }) => versions > 0).map(({ target }) => target);
    return faults.every((fault) => known.includes(keyOf(fault)));
  });
  for (const fault of faults) before.set(fault, await containers.look(fault));
  await Promise.all(faults.map((fault) => containers.change(fault)));
  changed = await containers.look('spoilt');
});
afterAll(async () => {
  for (const closer of closers.splice(0).toReversed()) await closer();
});

describe('from a bad change to how it was before, its volume included', () => {
  it.each<[Fault, string[]]>([
    ['image', ['create', 'destroy', 'rename', 'start']],
    ['env', ['create', 'destroy', 'rename', 'start']],
    ['limit', ['start', 'update']],
    ['cut', []],
    ['gone', ['create', 'start']],
  ])('%s', async (fault, effects) => {
    expect(await outcomeOf(fault)).toBe('recovered');
    expect(await containers.look(fault)).toEqual(before.get(fault));
    expect(await containers.runs(fault)).toBe(true);
    expect(await containers.effects(fault)).toEqual(effects);
    expect(told('applied', fault)).toHaveLength(1);
  });

  it('cut: it is connected once', async () => {
    await outcomeOf('cut');
    expect(containers.connects()).toBe(1);
  });
});

it('spoilt: a rollback that does not help is undone, and then it is as it was before that', async () => {
  expect(await outcomeOf('spoilt')).toBe('not-recovered');
  expect(told('undone', 'spoilt')).toHaveLength(1);
  expect(await containers.look('spoilt')).toEqual(changed);
  expect(changed).toEqual({ ...changed, checksum: before.get('spoilt')?.checksum });
  const anew = ['create', 'destroy', 'rename', 'start'];
  // There and back; then the playbook's next step starts it.
  expect(await containers.effects('spoilt')).toEqual([...anew, ...anew, 'start'].toSorted());
});

it('nothing else is acted on: not what is set aside while another one proves itself', async () => {
  await Promise.all(faults.map(outcomeOf));
  const applying = paramedic.log().filter(({ event }) => event === 'applying');
  expect(new Set(applying.map(({ target }) => target))).toEqual(new Set(faults.map(keyOf)));
});
