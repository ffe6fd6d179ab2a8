import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';
import { cheapRepository } from '../harness/cheap-repository.ts';
import { databaseImage } from '../harness/database-images.ts';
import { startMonitoredScene } from '../harness/monitored-scene.ts';
import { runParamedic } from './run-paramedic.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const shown = z.object({
  question: z
    .object({
      plan: z.object({ summary: z.string(), touches: z.array(z.string()), change: z.object({ run: z.string() }) }),
    })
    .optional(),
  outcome: z.object({ result: z.string(), reason: z.string() }).optional(),
  steps: z.array(z.object({ action: z.string(), ended: z.string(), verdict: z.object({ reason: z.string() }) })),
});

it('data that was lost is brought back after a yes, whatever the playbook allows, and what was there is saved', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'paramedic-restore-'));
  closers.push(async () => rmSync(folder, { recursive: true, force: true }));
  const password = join(folder, 'password');
  writeFileSync(password, 'a-good-password\n');
  await cheapRepository(join(folder, 'repository'), 'a-good-password');
  const scene = await startMonitoredScene({
    verify: { within: '60s', stable: '2s' },
    // It lets an action of high risk; this one asks all the same.
    guardrails: { cooldown: '1s', storm: 'off', risk: 'high' },
    before: [{ 'restore-data': { source: 'orders' }, verify: { within: '60s', stable: '2s' } }],
    backups: {
      paramedic: 'off',
      repositories: [{ name: 'main', location: join(folder, 'repository'), password_file: password }],
      sources: [{ name: 'orders', redis: { container: 'docker/test/container/not-known-yet' } }],
    },
  });
  closers.push(() => scene.close());
  const { paramedic, containers, prometheus } = scene;
  const name = `${containers.prefix}-shop`;
  const file = join(paramedic.dataDir, 'paramedic.yml');
  const known = readFileSync(file, 'utf8').replace('not-known-yet', name);
  writeFileSync(file, `${known}prometheus: { url: ${prometheus.url} }\n`);
  paramedic.signal('SIGHUP');
  await paramedic.waitForLog(({ msg }) => String(msg).startsWith('the configuration was read again'));
  const config = ['--config', file];
  const shop = await containers.run('shop', ['redis-server', '--repl-diskless-sync-delay', '0'], {
    stopTimeoutS: 1,
    create: {
      Image: await databaseImage(containers.docker, 'redis'),
      Healthcheck: {
        Test: ['CMD-SHELL', 'redis-cli GET orders | grep -q all'],
        Interval: 1_000_000_000,
        Timeout: 2_000_000_000,
        Retries: 2,
      },
    },
  });
  const cli = async (...words: string[]): Promise<string> => {
    const exec = await containers.docker
      .getContainer(shop.id)
      .exec({ Cmd: ['redis-cli', ...words], AttachStdout: true, Tty: true });
    return (await text(await exec.start({ Tty: true }))).trim();
  };
  await expect.poll(() => cli('SET', 'orders', 'all of them'), { timeout: 20_000 }).toBe('OK');
  await shop.until('running', 'healthy');
  expect((await runParamedic(['backup', 'orders', ...config])).code).toBe(0);
  await cli('SET', 'orders', 'none of them');

  const begun = await paramedic.waitForLog(({ event }) => event === 'begun', 90_000);
  const id = String(begun['recovery']);
  const headers = { authorization: `Basic ${Buffer.from(`paramedic:${paramedic.uiPassword}`).toString('base64')}` };
  const api = async (path: string): Promise<unknown> =>
    (await fetch(`${paramedic.url}/api/v1/${path}`, { headers })).json();
  const look = async () => shown.parse(await api(`recoveries/${id}`));
  await expect.poll(async () => (await look()).question, { timeout: 60_000 }).toBeDefined();
  const { question } = await look();
  expect(question?.plan.summary).toMatch(
    /^restore-data container .*: bring orders \(.*\) back to recovery point [0-9a-f]{8} of .* ago, .*; made .* before the alert began.*; it REPLACES what is there/,
  );
  expect(question?.plan.touches).toEqual([`docker/test/container/${shop.name}`]);
  // Nothing is done before the yes.
  expect(await cli('GET', 'orders')).toBe('"none of them"');
  expect((await runParamedic(['recoveries', 'approve', id, ...config])).code).toBe(0);

  await expect.poll(async () => (await look()).outcome?.result, { timeout: 150_000, interval: 500 }).toBeDefined();
  const { outcome, steps } = await look();
  expect(outcome).toMatchObject({ result: 'recovered' });
  expect(steps).toMatchObject([{ action: 'restore-data/container', ended: 'tried' }]);
  expect(await cli('GET', 'orders')).toBe('"all of them"');
  const record = await api(`backups/${question?.plan.change.run}`);
  const { saved, result } = z.object({ saved: z.string(), result: z.string() }).parse(record);
  expect(result).toBe('verified');
  const repository = ['--repo', join(folder, 'repository'), '--password-file', password, '--no-cache'];
  const rdb = execFileSync('restic', [...repository, 'dump', saved, '/dump.rdb'], { maxBuffer: 2 ** 26 });
  expect(rdb.toString('latin1')).toContain('none of them');
});
