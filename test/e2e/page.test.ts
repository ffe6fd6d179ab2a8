import { afterEach, expect, it } from 'vitest';
import type { TestContainer } from '../harness/containers.ts';
import { type EventCounter, watchEvents } from '../harness/docker-events.ts';
import { type MonitoredScene, startMonitoredScene } from '../harness/monitored-scene.ts';
import { metric } from './live-paramedic.ts';
import { acknowledge, pageOf, pagesOf, record, untilNoPage, upkeepRan } from './our-pages.ts';

// `scripts/page-series.mjs` sets it: for how long a page is watched.
const minutes = Number(process.env['PAGE_MINUTES'] ?? 0);

const scenes: MonitoredScene[] = [];
afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene.close();
});

interface Hopeless extends MonitoredScene {
  readonly victim: TestContainer;
  readonly events: EventCounter;
  /** Resolves with the recovery's id, once its restart was tried and did not help. */
  ended(result?: string): Promise<string>;
}

/** A container whose health check never passes, whatever is done to it. */
async function hopeless(): Promise<Hopeless> {
  const scene = await startMonitoredScene({ verify: { within: '6s', stable: '1s' } });
  scenes.push(scene);
  const victim = await scene.containers.hopeless('sick', { stopTimeoutS: 1 });
  const events = await watchEvents(victim.id);
  scene.own({ stop: async () => events.close() });
  const ended = async (result = 'not-recovered') => {
    const line = await scene.paramedic.waitForLog(({ event }) => event === 'ended', 120_000);
    expect(line).toMatchObject({ result, target: `docker/test/container/${victim.name}` });
    return String(line['recovery']);
  };
  return { ...scene, victim, events, ended };
}

it(
  'a fix that does not help calls a human, again and again, until he acknowledges',
  { timeout: 240_000 + minutes * 60_000 },
  async () => {
    const { alertmanager, paramedic, victim, events, ended } = await hopeless();
    const recovery = await ended();
    const first = await pageOf(alertmanager, victim);
    const since = Date.now();
    expect(first).toMatchObject({
      labels: {
        engine: 'test',
        name: victim.name,
        severity: 'warning',
        recovery_alert: 'DockerContainerUnhealthy',
        recovery_outcome: 'not-recovered',
        recovery_playbook: 'restart',
        recovery_target: `docker/test/container/${victim.name}`,
      },
      annotations: { next: `paramedic ack ${recovery}` },
      status: { state: 'active' },
    });
    expect(first.annotations['tried']).toMatch(/^restart\/container: tried \(after \d+ s: /);

    // The route that brings every alert to us brings this one too.
    const back = await paramedic.waitForLog(
      ({ event, alertname }) => event === 'decided' && alertname === 'ParamedicRecoveryFailed',
    );
    expect(back).toMatchObject({ decision: 'none', reason: 'it is about Paramedic itself' });

    // It would end by itself if it were not sent again: each time it is, its end moves on.
    let resent = 0;
    let last = first;
    while (resent < 2 || Date.now() < since + minutes * 60_000) {
      const updatedAt = async () => Date.parse((await pageOf(alertmanager, victim)).updatedAt);
      await expect.poll(updatedAt, { timeout: 60_000, interval: 500 }).toBeGreaterThan(Date.parse(last.updatedAt));
      const now = await pageOf(alertmanager, victim);
      expect(Date.parse(now.endsAt)).toBeGreaterThan(Date.parse(last.endsAt));
      expect([now.fingerprint, now.startsAt]).toEqual([first.fingerprint, first.startsAt]);
      last = now;
      resent += 1;
    }
    const firedMs = Date.now() - since;

    const askedAt = Date.now();
    expect(await acknowledge(paramedic, recovery)).toEqual({
      code: 0,
      out: `${recovery} is acknowledged: its page is resolved\n`,
      err: '',
    });
    await untilNoPage(alertmanager, victim);
    record({ what: 'page', firedS: firedMs / 1000, resent, toResolvedS: (Date.now() - askedAt) / 1000 });

    // For good, although what it told of goes on.
    await upkeepRan(paramedic);
    expect(await pagesOf(alertmanager, victim)).toEqual([]);
    expect((await alertmanager.list()).map(({ labels }) => labels['alertname'])).toEqual(['DockerContainerUnhealthy']);
    expect(await acknowledge(paramedic, recovery)).toMatchObject({
      code: 2,
      err: `${recovery} calls nobody, and has used up no budget\n`,
    });
    await events.settled();
    expect(events.count('restart')).toBe(1);
  },
);

it('a page ends by itself when the alert of its victim does', async () => {
  const { alertmanager, victim, paramedic, events, ended } = await hopeless();
  await ended();
  await pageOf(alertmanager, victim);
  await victim.heal();
  await victim.until('running', 'healthy');
  await untilNoPage(alertmanager, victim);
  // Nothing of it is left that would be sent again.
  await upkeepRan(paramedic);
  expect(await alertmanager.list()).toEqual([]);
  await events.settled();
  expect(events.count('restart')).toBe(1);
});

it('a page that no Alertmanager takes is told of, and arrives when one is back', async () => {
  const { alertmanager, alertmanagerAgain, victim, paramedic, ended } = await hopeless();
  await paramedic.waitForLog(({ event }) => event === 'applied', 60_000);
  await alertmanager.stop();
  // It is asked for a minute whether another step is needed.
  const recovery = await ended('failed');
  const told = await paramedic.waitForLog(({ event }) => event === 'pages-sent');
  expect(told).toMatchObject({ level: 'error', pages: 1 });
  expect(told['msg']).toMatch(/^A PAGE DID NOT ARRIVE, it is sent again within a minute: Alertmanager at http/);
  const sends = (result: string) => metric(paramedic, 'paramedic_page_sends_total', { result });
  expect(Number(await sends('failed'))).toBeGreaterThanOrEqual(1);
  expect(await sends('ok')).toBe(0);

  const another = await alertmanagerAgain();
  const { annotations } = await pageOf(another, victim);
  expect(annotations['next']).toBe(`paramedic ack ${recovery}`);
  expect(annotations['tried']).toContain('restart/container: tried');
  // Its list was empty at first, which is no news of the victim.
  await upkeepRan(paramedic);
  await pageOf(another, victim);
});
