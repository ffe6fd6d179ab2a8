import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';
import type { Alertmanager } from '../harness/alertmanager.ts';
import type { TestContainer } from '../harness/containers.ts';
import { type MonitoredScene, startMonitoredScene } from '../harness/monitored-scene.ts';

const scenes: MonitoredScene[] = [];
afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene.close();
});

async function silencing(): Promise<MonitoredScene> {
  const scene = await startMonitoredScene({ silence: true, verify: { within: '15s', stable: '5s' } });
  scenes.push(scene);
  return scene;
}

const silences = z.array(
  z.object({ comment: z.string(), createdBy: z.string(), status: z.object({ state: z.string() }) }),
);
const alerts = z.array(z.object({ labels: z.record(z.string(), z.string()), status: z.object({ state: z.string() }) }));

/** The states of all silences, of which each is ours. */
async function silenced({ url }: Alertmanager): Promise<readonly string[]> {
  const read = silences.parse(await (await fetch(`${url}/api/v2/silences`)).json());
  for (const { createdBy, comment } of read) {
    expect(createdBy).toBe('paramedic');
    expect(comment).toMatch(/^Paramedic recovery r_\w+, attempt 1/);
  }
  return read.map(({ status }) => status.state);
}

/** What Alertmanager does with the alerts about it: `DockerContainerUnhealthy suppressed`. */
async function stateOf({ url }: Alertmanager, { name }: TestContainer): Promise<readonly string[]> {
  const read = alerts.parse(await (await fetch(`${url}/api/v2/alerts`)).json());
  return read
    .filter(({ labels }) => labels['name'] === name)
    .map(({ labels, status }) => `${labels['alertname'] ?? ''} ${status.state}`)
    .toSorted((a, b) => a.localeCompare(b));
}

it('while it acts nobody else is told, and it is over when the target has recovered', async () => {
  const { alertmanager, containers, paramedic } = await silencing();
  const victim = await containers.web('ill', { stopTimeoutS: 1 });
  await victim.until('running', 'healthy');
  await victim.hang();
  await paramedic.waitForLog(({ event }) => event === 'applying', 90_000);
  await expect.poll(() => silenced(alertmanager), { timeout: 10_000, interval: 100 }).toEqual(['active']);
  expect(await stateOf(alertmanager, victim)).toEqual(['DockerContainerUnhealthy suppressed']);
  expect(await paramedic.waitForLog(({ event }) => event === 'ended', 60_000)).toMatchObject({ result: 'recovered' });
  await expect.poll(() => silenced(alertmanager), { timeout: 10_000 }).toEqual(['expired']);
});

it('when nothing helped the alert is told as before, beside the call for a human', async () => {
  const { alertmanager, containers, paramedic } = await silencing();
  const victim = await containers.hopeless('sick', { stopTimeoutS: 1 });
  const ended = await paramedic.waitForLog(({ event }) => event === 'ended', 120_000);
  expect(ended).toMatchObject({ result: 'not-recovered' });
  await expect.poll(() => silenced(alertmanager), { timeout: 10_000 }).toEqual(['expired']);
  const active = ['DockerContainerUnhealthy active', 'ParamedicRecoveryFailed active'];
  await expect.poll(() => stateOf(alertmanager, victim), { timeout: 60_000 }).toEqual(active);
});
