import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { recover } from '../../src/cli/recover.ts';
import { recoveries } from '../../src/cli/recoveries.ts';
import type { Recovery } from '../../src/domain/recovery.ts';
import { no, yes } from '../../src/domain/verdict.ts';
import { createApp, listen } from '../../src/http/server.ts';
import { notRecovered, recovered, sampleNow, underWay, waiting } from '../fakes/sample-recoveries.ts';
import { toldRecoveries } from '../fakes/told-recoveries.ts';
import { testDeps } from './webhook-deps.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** A server with these recoveries, and what the command line prints that talks to it. */
async function served(all: readonly Recovery[] = [recovered, underWay, waiting, notRecovered]) {
  const behind = toldRecoveries(all, { r_failed: 'log of web\r\n\u001b[2Jline\n' });
  const server = await listen(createApp(testDeps(behind.deps).deps), { host: '127.0.0.1', port: 0 });
  closers.push(() => server.close(0));
  const dir = await mkdtemp(join(tmpdir(), 'paramedic-recoveries-'));
  closers.push(() => rm(dir, { recursive: true }));
  const config = join(dir, 'paramedic.yml');
  await writeFile(
    config,
    `listen: 127.0.0.1:${server.port}\nui: {basic_auth: {username: ops, password: 'pass:word'}}\n`,
  );
  const lines: string[] = [];
  const said = { config, env: {}, now: sampleNow, out: (line: string) => void lines.push(line) };
  const printed = () => lines.splice(0).join('\n');
  return { ...behind, said, printed };
}

test('list: what waits first, then what is under way, then what has ended', async () => {
  const { said, printed } = await served();
  expect(await recoveries(['list'], said)).toBe(0);
  expect(printed()).toBe(`r_waits  kubernetes/prod/node/worker-1  waits for approval, 7 min ago, expires in 24 min
    drain node worker-1 (its kubelet has been silent for 6m): cordon it, evict 3 pods
    drain/node is of high risk: a human has to say yes to it (node-silent)
r_busy  kubernetes/prod/shop/deployment/checkout  under way, 3 min ago
    begun: roll deployment shop/checkout back to revision 3 (app:v1) (unhealthy-workload, attempt 2)
r_well  docker/edge-1/container/web  recovered, 3 h ago
    start/container helped: it has been well for 30s (container-down)
r_failed  kubernetes/prod/shop/deployment/checkout  not-recovered, 40 min ago
    restart/deployment did not help: 2 of 3 pods still crash (unhealthy-workload)
1 of 4 for you to approve or reject: paramedic recoveries show r_waits`);
  await recoveries(['list'], { ...said, json: true });
  expect(JSON.parse(printed()).recoveries).toHaveLength(4);
});

test('list says when nothing waits, and when there is nothing', async () => {
  const calm = await served([recovered]);
  await recoveries(['list'], calm.said);
  expect(calm.printed()).toMatch(/\nnothing waits for you$/);
  const empty = await served([]);
  await recoveries(['list'], empty.said);
  expect(empty.printed()).toBe('no recovery has been begun yet');
});

test('show: for people, as JSON, and its evidence', async () => {
  const { said, printed } = await served();
  await recoveries(['show', 'r_waits'], said);
  expect(printed()).toMatch(/^kubernetes\/prod\/node\/worker-1\nwaits for approval: drain\/node is of high risk/);
  await recoveries(['show', 'r_waits'], { ...said, json: true });
  expect(JSON.parse(printed())).toEqual(JSON.parse(JSON.stringify(waiting)));
  await recoveries(['show', 'r_failed'], { ...said, evidence: true });
  expect(printed()).toBe('log of web\n\\u{1b}[2Jline');
  await expect(recoveries(['show', 'r_waits'], { ...said, evidence: true })).rejects.toThrow('Nothing was captured');
  await expect(recoveries(['show', 'r_nobody'], said)).rejects.toThrow('There is no such recovery (any more)');
});

test.each([
  ['approve', undefined, ['approve', 'r_waits', 'ops']],
  ['reject', 'not now', ['reject', 'r_waits', 'ops', 'not now']],
  ['reject', undefined, ['reject', 'r_waits', 'ops', '']],
  ['cancel', 'later', ['cancel', 'r_waits', 'ops', 'later']],
  ['retry', undefined, ['retry', 'r_waits', 'ops']],
  ['ack', undefined, ['ack', 'r_waits', 'ops']],
])('%s prints what was done, or throws why not', async (act, reason, words) => {
  const { said, printed, told, state } = await served();
  expect(await recoveries([act, 'r_waits'], { ...said, reason })).toBe(0);
  expect(printed()).toBe('r_1 is done with');
  expect(told).toEqual([words]);
  state.verdict = no('r_waits has ended already');
  await expect(recoveries([act, 'r_waits'], { ...said, reason })).rejects.toThrow('r_waits has ended already');
});

test.each([[[]], [['show']], [['list', 'r_1']], [['approve', 'r_1', 'r_2']], [['delete', 'r_1']]])(
  '%j is answered with the usage',
  async (args) => {
    const { said, told } = await served();
    await expect(recoveries(args, said)).rejects.toThrow('usage: paramedic recoveries list [--json]');
    expect(told).toEqual([]);
  },
);

test('a reason where none is taken is refused, not lost', async () => {
  const { said, told } = await served();
  await expect(recoveries(['approve', 'r_waits'], { ...said, reason: 'fine' })).rejects.toThrow(
    'approve takes no --reason',
  );
  expect(told).toEqual([]);
});

const target = 'docker/edge-1/container/web';

test('recover begins one and says how to look at it', async () => {
  const { said, printed, told, state } = await served();
  state.verdict = yes(`r_new of ${target} begins`);
  await recover([], { ...said, target, action: 'restart' });
  expect(printed()).toBe(`r_new of ${target} begins\nlook at it: paramedic recoveries show r_new`);
  const over = { override: ['cooldown', 'budget'], reason: 'it is urgent', 'dry-run': true };
  await recover([], { ...said, target, playbook: 'down', ...over });
  expect(told).toEqual([
    ['recover', { target, action: 'restart', dryRun: false, overrides: [], reason: '' }, 'ops'],
    [
      'recover',
      { target, playbook: 'down', dryRun: true, overrides: ['cooldown', 'budget'], reason: 'it is urgent' },
      'ops',
    ],
  ]);
  state.verdict = no('r_2 is under way for it');
  await expect(recover([], { ...said, target, action: 'restart' })).rejects.toThrow('r_2 is under way for it');
});

test.each([
  [{}, 'usage: paramedic recover --target KEY (--playbook NAME | --action VERB)'],
  [{ target }, 'usage: '],
  [{ target, playbook: 'p', action: 'a' }, 'usage: '],
  [
    { target, action: 'a', override: ['cooldown'] },
    '--override cooldown is written down with your name: say why with --reason TEXT',
  ],
  [{ target, action: 'a', override: ['cooldown'], reason: ' ' }, 'say why with --reason TEXT'],
])('recover %j begins none', async (given, sentence) => {
  const { said, told } = await served();
  await expect(recover([], { ...said, ...given })).rejects.toThrow(sentence);
  expect(told).toEqual([]);
});
