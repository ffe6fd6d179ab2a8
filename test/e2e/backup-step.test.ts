import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { cheapRepository } from '../harness/cheap-repository.ts';
import type { TestContainer } from '../harness/containers.ts';
import { type EventCounter, watchEvents } from '../harness/docker-events.ts';
import { type MonitoredScene, startMonitoredScene } from '../harness/monitored-scene.ts';
import { runParamedic } from './run-paramedic.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** A container whose data is in a volume, and whose restart waits for a backup of that. */
interface Bed extends MonitoredScene {
  readonly web: TestContainer;
  readonly events: EventCounter;
  readonly repository: string;
  readonly orders: Buffer;
  restic(...args: string[]): Buffer;
  /** Snapshots of the volume, without what is written beside them. */
  snapshots(): readonly string[];
}

async function bedOf(maxAge: string, within = '30s'): Promise<Bed> {
  const folder = mkdtempSync(join(tmpdir(), 'paramedic-step-'));
  closers.push(async () => rmSync(folder, { recursive: true, force: true }));
  const repository = join(folder, 'repository');
  const password = join(folder, 'password');
  writeFileSync(password, 'a-good-password\n');
  await cheapRepository(repository, 'a-good-password');
  const volume = `paramedic-step-${randomBytes(4).toString('hex')}`;
  const scene = await startMonitoredScene({
    verify: { within, stable: '2s' },
    guardrails: { cooldown: '1s', storm: 'off' },
    before: [{ backup: { source: 'orders', max_age: maxAge } }],
    backups: {
      paramedic: 'off',
      repositories: [{ name: 'main', location: repository, password_file: password }],
      sources: [{ name: 'orders', 'docker-volume': { volume: `docker/test/volume/${volume}` } }],
    },
  });
  closers.push(() => scene.containers.docker.getVolume(volume).remove({ force: true }));
  closers.push(() => scene.close());
  const web = await scene.containers.web('shop', {
    stopTimeoutS: 1,
    create: { HostConfig: { Mounts: [{ Type: 'volume', Source: volume, Target: '/data' }] } },
  });
  await web.until('running', 'healthy');
  const orders = randomBytes(100_000);
  writeFileSync(join((await scene.containers.docker.getVolume(volume).inspect()).Mountpoint, 'orders'), orders);
  const events = await watchEvents(web.id);
  closers.push(async () => events.close());
  const restic = (...args: string[]): Buffer =>
    execFileSync('restic', ['--repo', repository, '--password-file', password, '--no-cache', ...args], {
      maxBuffer: 2 ** 28,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const listed = z.array(z.object({ id: z.string() }));
  const snapshots = (): readonly string[] =>
    listed.parse(JSON.parse(restic('snapshots', '--json', '--tag', 'paramedic-data').toString())).map(({ id }) => id);
  return { ...scene, web, events, repository, orders, restic, snapshots };
}

/** The line of the end of the one recovery that is none of `before`. */
async function ended({ paramedic }: Bed, before: readonly unknown[] = []): Promise<Readonly<Record<string, unknown>>> {
  return paramedic.waitForLog(({ event, recovery }) => event === 'ended' && !before.includes(recovery), 120_000);
}

const records = z.object({
  decisions: z.array(
    z.object({
      decision: z.object({ alertname: z.string(), decision: z.string(), playbook: z.string() }),
      recovery: z.object({
        id: z.string(),
        outcome: z.object({ result: z.string(), reason: z.string() }),
        steps: z.array(
          z.object({
            action: z.string(),
            ended: z.string(),
            verdict: z.object({ ok: z.boolean(), reason: z.string() }),
          }),
        ),
      }),
    }),
  ),
});
const recorded = z.object({ journal: z.array(z.object({ step: z.number(), phase: z.string(), at: z.number() })) });

async function api({ paramedic }: Bed, path: string): Promise<unknown> {
  const authorization = `Basic ${Buffer.from(`paramedic:${paramedic.uiPassword}`).toString('base64')}`;
  return (await fetch(`${paramedic.url}/api/v1/${path}`, { headers: { authorization } })).json();
}
/** The decision record of a recovery. Where a scrape came late the alert was off for a moment, and joined it once more. */
async function recordOf(bed: Bed, id: unknown): Promise<z.output<typeof records>['decisions'][number]> {
  const [record, ...more] = records.parse(await api(bed, `decisions/${String(id)}`)).decisions;
  if (record === undefined) throw new Error(`there is no decision about ${String(id)}`);
  for (const other of more) expect(other.recovery).toEqual(record.recovery);
  return record;
}
const restarts = async ({ events }: Bed): Promise<number> => {
  await events.settled();
  return events.count('restart');
};

describe('from a real alert over a backup to the risky step', () => {
  it('is one chain of evidence; while the recovery point is young there is no second one', async () => {
    const bed = await bedOf('1h');
    await bed.web.hang();
    const first = await ended(bed);
    const record = await recordOf(bed, first['recovery']);
    expect(record.decision).toEqual({
      alertname: 'DockerContainerUnhealthy',
      decision: 'recover',
      playbook: 'restart',
    });
    const { outcome, steps } = record.recovery;
    expect([outcome.result, outcome.reason]).toEqual(['recovered', expect.stringMatching(/^restart container /)]);
    const [snapshot = '', ...others] = bed.snapshots();
    expect(others).toEqual([]);
    expect(steps).toMatchObject([
      { action: 'backup/container', ended: 'tried', verdict: { ok: true } },
      { action: 'restart/container', ended: 'tried', verdict: { ok: true } },
    ]);
    const said = `recovery point ${snapshot.slice(0, 8)} of orders in main, `;
    expect(steps[0]?.verdict.reason).toMatch(
      new RegExp(`^b_[0-9a-f]{16}: ${said}.* 1 files.*; read back and found whole`),
    );

    // In that order, and the backup was verified before anything was done to the container.
    const { journal } = recorded.parse(await api(bed, `recoveries/${String(first['recovery'])}`));
    expect(journal.map(({ step, phase }) => `${step} ${phase}`)).toEqual(
      [0, 1].flatMap((step) => ['planned', 'applying', 'applied', 'verified'].map((phase) => `${step} ${phase}`)),
    );
    expect(await restarts(bed)).toBe(1);

    // What is in it is what was in the volume.
    const tar = bed.restic('dump', snapshot, '/volume.tar');
    expect(execFileSync('tar', ['-xOf', '-', 'paramedic-volume/orders'], { input: tar })).toEqual(bed.orders);

    const [run = ''] = /^b_[0-9a-f]{16}/.exec(steps[0]?.verdict.reason ?? '') ?? [];
    const shown = await runParamedic([
      'backups',
      'show',
      run,
      '--config',
      join(bed.paramedic.dataDir, 'paramedic.yml'),
    ]);
    expect(shown.out).toContain(`${run}  orders to main: verified`);

    await bed.web.until('running', 'healthy');
    await bed.web.hang();
    const second = await ended(bed, [first['recovery']]);
    const again = (await recordOf(bed, second['recovery'])).recovery;
    expect(again.outcome.result).toBe('recovered');
    expect(again.steps[0]).toMatchObject({ action: 'backup/container', ended: 'nothing-to-do' });
    expect(again.steps[0]?.verdict.reason).toContain(
      `orders is not backed up: recovery point ${snapshot.slice(0, 8)} of `,
    );
    expect(bed.snapshots()).toEqual([snapshot]);
    expect(await restarts(bed)).toBe(2);
  });

  it('is not-recovered when the engine takes the restart and does nothing; the recovery point is there', async () => {
    const bed = await bedOf('1h', '5s');
    bed.proxy.swallow(['restart']);
    await bed.web.hang();
    const { recovery } = await ended(bed);
    const { outcome, steps } = (await recordOf(bed, recovery)).recovery;
    expect(outcome.result).toBe('not-recovered');
    expect(steps.map(({ verdict }) => verdict.ok)).toEqual([true, false]);
    expect(await restarts(bed)).toBe(0);
    expect(bed.snapshots()).toHaveLength(1);
  });
});

it('a backup that fails keeps the risky step from being done, and a human is called', async () => {
  const bed = await bedOf('0s');
  const byHand = await runParamedic(['backup', 'orders', '--config', join(bed.paramedic.dataDir, 'paramedic.yml')]);
  expect(byHand.code).toBe(0);
  renameSync(bed.repository, `${bed.repository}-away`);
  await bed.web.hang();
  const { recovery } = await ended(bed);
  const { outcome, steps } = (await recordOf(bed, recovery)).recovery;
  expect(outcome.result).toBe('blocked');
  expect(outcome.reason).toContain('was used before, and is not made again by itself (is the disk mounted?)');
  expect(steps).toMatchObject([{ action: 'backup/container', ended: 'tried', verdict: { ok: false } }]);
  expect(await restarts(bed)).toBe(0);
  expect((await bed.web.inspect()).State.Health?.Status).toBe('unhealthy');
  const called = async (): Promise<readonly string[]> =>
    (await bed.alertmanager.list()).flatMap(({ labels }) =>
      labels['alertname'] === 'ParamedicRecoveryFailed' ? [labels['recovery_outcome'] ?? ''] : [],
    );
  await expect.poll(called, { timeout: 60_000 }).toEqual(['blocked']);
  expect(readFileSync(join(`${bed.repository}-away`, 'config')).length).toBeGreaterThan(0);
});
