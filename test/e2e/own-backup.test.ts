import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { type Containers, testContainers, type TestContainer } from '../harness/containers.ts';
import { type EventCounter, watchEvents } from '../harness/docker-events.ts';
import { type DockerProxy, startDockerProxy } from '../harness/docker-proxy.ts';
import { type Paramedic, startParamedic } from '../harness/paramedic.ts';
import { type BackupRuns, backupRuns } from './backup-runs.ts';
import { configFile, metric, post } from './live-paramedic.ts';
import { runParamedic } from './run-paramedic.ts';

const closers: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

let folder: string;
let containers: Containers;
let proxy: DockerProxy;
let paramedic: Paramedic;
let runs: BackupRuns;
let web: TestContainer;
let events: EventCounter;
const password = (): string => join(folder, 'password');
const repository = (): string => join(folder, 'repository');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'paramedic-own-backup-'));
  closers.push(async () => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(password(), 'a-good-password\n');
  containers = await testContainers();
  closers.push(() => containers.removeAll());
  proxy = await startDockerProxy();
  closers.push(() => proxy.close());
  web = await containers.web('shop', { stopTimeoutS: 1 });
  await web.until('running', 'healthy');
  events = await watchEvents(web.id);
  closers.push(async () => events.close());
  const config = stringify({
    mode: 'act',
    docker: [{ name: 'test', socket: proxy.socket }],
    kubernetes: [],
    known_good: { after: '30s' },
    playbooks: [
      {
        name: 'restart',
        match: ['alertname="Unhealthy"', `name=~"${containers.prefix}-.+"`],
        steps: [{ restart: {}, verify: { within: '60s', stable: '1s' } }],
      },
    ],
    backups: { repositories: [{ name: 'main', location: repository(), password_file: password() }] },
  });
  paramedic = await startParamedic({ config });
  closers.push(() => paramedic.stop());
  runs = backupRuns(paramedic);
});

const asked = async (path: string): Promise<unknown> => (await runs.ask(`/api/v1/${path}`)).json();
const goods = z.object({ knownGoods: z.array(z.object({ id: z.string(), stampedAt: z.number() })) });
/** Why it was made is written over when its recovery ends. */
const decisions = z.object({
  decisions: z.array(z.looseObject({ decision: z.string() }).transform(({ reason: _reason, ...rest }) => rest)),
});
/** What is remembered, as whoever asks is told. */
const remembered = async () => ({
  ...decisions.parse(await asked('decisions')),
  audit: await asked('audit?since=1h'),
  knownGoods: goods.parse(await asked(`known-good/docker/test/container/${web.name}`)),
});
const restoreOwn = (...args: string[]) =>
  runParamedic(['restore', '--own', '--from', repository(), '--password-file', password(), ...args]);

it('what Paramedic knows is backed up at once where nobody has said how', async () => {
  const within = { timeout: 90_000, interval: 200 };
  await vi.waitFor(
    async () => expect(await asked('backups')).toMatchObject({ sources: [{ name: 'paramedic', newest: {} }] }),
    within,
  );
  expect(await runs.run('paramedic', 'drill')).toMatchObject({ result: 'verified' });
});

it('in the middle of an act it is backed up, lost and put back: all is there, and the act is not done', async () => {
  const within = { timeout: 90_000, interval: 200 };
  const known = async (): Promise<unknown> => asked(`known-good/docker/test/container/${web.name}`);
  await vi.waitFor(async () => expect(await known()).toMatchObject({ knownGoods: [{}] }), within);
  await post(paramedic, 'Strange', web);
  await vi.waitFor(
    async () => expect(await asked('decisions')).toMatchObject({ decisions: [{ decision: 'none' }] }),
    within,
  );

  let before: unknown;
  const isRestart = ({ path }: { readonly path: string }): boolean => path.endsWith('/restart');
  await web.hang();
  await web.until('running', 'unhealthy');
  const held = proxy.trap({
    matches: isRestart,
    moment: 'before-forward',
    async act() {
      expect(await runs.run('paramedic')).toMatchObject({ result: 'verified' });
      before = await remembered();
      await paramedic.kill();
    },
    afterwards: 'drop',
  });
  await post(paramedic, 'Unhealthy', web);
  await held;
  const { recovery } = paramedic.log().findLast(({ event }) => event === 'applying') ?? {};
  const config = readFileSync(configFile(paramedic));
  rmSync(join(paramedic.dataDir, 'redis'), { recursive: true });

  const back = ['--data-dir', paramedic.dataDir, '--config-to', join(folder, 'config')];
  expect(await restoreOwn(...back)).toMatchObject({
    code: 2,
    err: expect.stringContaining('--yes says that it is meant') as string,
  });
  const ran = await restoreOwn(...back, '--yes');
  expect(ran).toMatchObject({ code: 0, err: '' });
  expect(ran.out).toMatch(/^all there: \d+ keys; 0 had expired$/m);
  expect(ran.out).toContain(
    `this was under way then, and is ended now:\n  recovery ${String(recovery)} of docker/test/container/${web.name}\n`,
  );
  expect(ran.out).toContain('it is paused, and changes nothing before: paramedic resume global\n');
  for (const [path, bytes] of [
    [configFile(paramedic), config],
    [password(), Buffer.from('a-good-password\n')],
    [paramedic.tokenFile, Buffer.from(`${paramedic.token}\n`)],
  ] as const)
    expect(readFileSync(join(folder, 'config', path))).toEqual(bytes);
  expect(await restoreOwn(...back, '--yes')).toMatchObject({
    code: 2,
    err: expect.stringContaining('is not empty') as string,
  });

  await paramedic.restart();
  // Upkeep has looked at all that could be rung for.
  await vi.waitFor(async () => expect(await metric(paramedic, 'paramedic_open_episodes')).toBe(2), within);
  expect(await remembered()).toMatchObject(before as object);
  expect(await asked(`recoveries/${String(recovery)}`)).toMatchObject({
    state: 'ended',
    outcome: { result: 'failed', reason: expect.stringContaining('nothing of it is gone on with') as string },
  });
  expect(await asked('backups')).toMatchObject({ sources: [{ last: { result: 'verified' }, running: [] }] });
  expect(await asked('brakes')).toMatchObject({ pauses: [{ scope: 'global', by: 'paramedic restore --own' }] });
  expect((await runs.ask('/api/v1/resume', { scope: 'global' })).status).toBe(200);
  await events.settled();
  expect(events.count('restart')).toBe(0);
  expect(proxy.mutating().filter(isRestart)).toHaveLength(1);
  // It is the one that it was.
  expect(await runs.run('paramedic')).toMatchObject({ result: 'verified' });
});

it('what a Redis that was lost has left is not added to, until somebody says so', async () => {
  await paramedic.kill();
  rmSync(join(paramedic.dataDir, 'redis'), { recursive: true });
  await paramedic.restart();
  const of = { source: 'paramedic' };
  await vi.waitFor(async () => expect(await metric(paramedic, 'paramedic_backup_last_run_failed', of)).toBe(1), {
    timeout: 90_000,
    interval: 200,
  });
  const refused = expect.stringMatching(/^nothing was written: .* is of another Paramedic, /) as string;
  expect(await asked('backups')).toMatchObject({ sources: [{ last: { result: 'failed', reason: refused } }] });
  const say = ['backup', 'paramedic', '--config', configFile(paramedic), '--url', paramedic.url];
  expect(await runParamedic(say)).toMatchObject({ code: 1 });
  expect(await runParamedic([...say, '--take-over'])).toMatchObject({ code: 0, err: '' });
  expect(await runs.run('paramedic')).toMatchObject({ result: 'verified' });
});
