import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { TestContainer } from '../../harness/containers.ts';
import { type EventCounter, watchEvents } from '../../harness/docker-events.ts';
import type { MonitoredScene } from '../../harness/monitored-scene.ts';
import type { SceneOptions } from '../../harness/scene.ts';
import { sceneOf } from './scene-of.ts';
import { acknowledge, pageOf, pagesOf, record, untilNoPage, upkeepRan } from '../our-pages.ts';

// `scripts/page-series.mjs` sets it: for how long an alert goes on and off every 20 s.
const minutes = Number(process.env['FLAP_MINUTES'] ?? 0.5);
const defaultBudget = 3;

interface Flapping extends MonitoredScene {
  readonly victim: TestContainer;
  readonly events: EventCounter;
  /** How the recoveries of it have ended so far; that one is obsolete, as its alert is off, is no news. */
  outcomes(): readonly unknown[];
  /** How often a human was called. */
  calls(): number;
}

async function flapping(options: SceneOptions): Promise<Flapping> {
  const scene = await sceneOf(options);
  const victim = await scene.containers.web('flaps', { stopTimeoutS: 1 });
  await victim.until('running', 'healthy');
  const events = await watchEvents(victim.id);
  scene.own({ stop: async () => events.close() });
  const told = (name: string) => scene.paramedic.log().filter(({ event }) => event === name);
  return {
    ...scene,
    victim,
    events,
    outcomes: () => told('ended').flatMap(({ result }) => (result === 'obsolete' ? [] : [result])),
    calls: () => told('page').length,
  };
}

/** It falls ill and, when that was answered, is well again, whoever made it so. Resolves when its alert is over. */
async function flip({ alertmanager, victim, outcomes }: Flapping): Promise<void> {
  const ends = outcomes().length + 1;
  const firing = async () =>
    (await alertmanager.list()).filter(({ labels }) => labels['alertname'] === 'DockerContainerUnhealthy').length;
  await victim.hang();
  await expect.poll(() => outcomes().length, { timeout: 60_000 }).toBe(ends);
  await victim.heal();
  await victim.until('running', 'healthy');
  await expect.poll(firing, { timeout: 60_000 }).toBe(0);
}

it('an alert that goes on and off uses the budget and not more, then calls once, and waits to be acknowledged', async () => {
  const verify = { within: '20s', stable: '1s' };
  const scene = await flapping({ verify, guardrails: { cooldown: '0s', budget: '2 per 1h' } });
  const { alertmanager, paramedic, victim, events, outcomes, calls } = scene;
  for (let i = 0; i < 3; i += 1) await flip(scene);
  expect(outcomes()).toEqual(['recovered', 'recovered', 'blocked']);
  const page = await pageOf(alertmanager, victim);
  expect(page.labels).toMatchObject({ recovery_outcome: 'blocked', recovery_alert: 'DockerContainerUnhealthy' });
  expect(page.annotations['description']).toContain(
    `budget of target docker/test/container/${victim.name}: 2 per 1h, of which 2 are used`,
  );
  const recovery = /^paramedic ack (\S+)$/.exec(page.annotations['next'] ?? '')?.[1] ?? '';

  // The alert is off by now, but the budget is not free again: whoever slept must still find the page in the morning.
  // A page that ends with its alert would do so within a minute and a half.
  for (let i = 0; i < 3; i += 1) await upkeepRan(paramedic);
  expect((await pagesOf(alertmanager, victim)).map(({ fingerprint }) => fingerprint)).toEqual([page.fingerprint]);
  for (let i = 0; i < 2; i += 1) await flip(scene);
  await upkeepRan(paramedic);
  expect(outcomes().slice(3)).toEqual(['blocked', 'blocked']);
  expect(calls()).toBe(1);
  expect((await pagesOf(alertmanager, victim)).map(({ fingerprint }) => fingerprint)).toEqual([page.fingerprint]);
  await events.settled();
  expect(events.count('restart')).toBe(2);

  const said = `${recovery} is acknowledged: its page is resolved, its budget is free again\n`;
  expect(await acknowledge(paramedic, recovery)).toEqual({ code: 0, out: said, err: '' });
  await untilNoPage(alertmanager, victim);
  await flip(scene);
  expect(outcomes().at(-1)).toBe('recovered');
  await events.settled();
  expect(events.count('restart')).toBe(3);
  expect(calls()).toBe(1);
}, 420_000);

it(
  'on and off every 20 s it is never restarted more often than the default budget lets',
  { timeout: 180_000 + minutes * 60_000 },
  async () => {
    const { alertmanager, victim, events, outcomes, calls } = await flapping({
      guardrails: { cooldown: '1s' },
    });
    const until = Date.now() + minutes * 60_000;
    let flips = 0;
    for (; Date.now() < until; flips += 1) {
      await (flips % 2 === 0 ? victim.hang() : victim.heal());
      await sleep(20_000);
    }
    await events.settled();
    const restarts = events.count('restart');
    const firing = (await pagesOf(alertmanager, victim)).length;
    record({ what: 'flapping', flips, restarts, calls: calls(), firing, outcomes: outcomes().join(' ') });
    expect(restarts).toBeGreaterThanOrEqual(1);
    expect(restarts).toBeLessThanOrEqual(defaultBudget);
    expect([calls(), firing]).toEqual(outcomes().includes('blocked') ? [1, 1] : [0, 0]);
  },
);
