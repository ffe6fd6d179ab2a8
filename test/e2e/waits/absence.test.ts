import { connect } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import type { TestContainer } from '../../harness/containers.ts';
import { type EventCounter, watchEvents } from '../../harness/docker-events.ts';
import { startFaultProxy } from '../../harness/fault-proxy.ts';
import type { MonitoredOptions, MonitoredScene } from '../../harness/monitored-scene.ts';
import { freePort } from '../../harness/process.ts';
import { sceneOf } from './scene-of.ts';
import { pageOf, upkeepRan } from '../our-pages.ts';

interface Absence extends MonitoredScene {
  readonly victim: TestContainer;
  readonly events: EventCounter;
  ended(): Promise<Readonly<Record<string, unknown>>>;
}

async function absence(make: 'web' | 'hopeless', proxied?: MonitoredOptions['proxied']): Promise<Absence> {
  const verify = { within: '12s', stable: '1s' };
  const scene = await sceneOf({ verify, ...(proxied && { proxied }) });
  const victim = await scene.containers[make]('ill', { stopTimeoutS: 1 });
  const events = await watchEvents(victim.id);
  scene.own({ stop: async () => events.close() });
  return {
    ...scene,
    victim,
    events,
    ended: () => scene.paramedic.waitForLog(({ event }) => event === 'ended', 90_000),
  };
}

describe('when an alert is merely not to be seen', () => {
  it('because Alertmanager came back empty, what did not help is not called recovered', async () => {
    const { alertmanager, alertmanagerAgain, prometheus, paramedic, ended, victim, events } = await absence('hopeless');
    await paramedic.waitForLog(({ event }) => event === 'applied', 60_000);
    // Nobody is left who could tell the new one that the alert fires.
    await prometheus.stop();
    await alertmanager.stop();
    const another = await alertmanagerAgain();
    expect(await another.list()).toEqual([]);
    expect(await ended()).toMatchObject({ result: 'not-recovered' });
    await pageOf(another, victim);
    await events.settled();
    expect(events.count('restart')).toBe(1);
  });

  it('because Prometheus is down and everything resolves, what did not help is not called recovered', async () => {
    const { alertmanager, prometheus, paramedic, ended, victim, events } = await absence('hopeless');
    // Before the restart, in which it may end for a moment.
    const [fires] = await vi.waitFor(
      async () => {
        const listed = await alertmanager.list();
        expect(listed).toHaveLength(1);
        return listed;
      },
      { timeout: 60_000, interval: 100 },
    );
    await paramedic.waitForLog(({ event }) => event === 'applied', 60_000);
    await prometheus.stop();
    // What Alertmanager does by itself some minutes after it has heard the last.
    await alertmanager.post([{ labels: fires?.labels ?? {}, endsAt: new Date().toISOString() }]);
    expect(await ended()).toMatchObject({ result: 'not-recovered' });
    expect((await pageOf(alertmanager, victim)).labels['recovery_outcome']).toBe('not-recovered');
    await events.settled();
    expect(events.count('restart')).toBe(1);
  });

  it('because Alertmanager hangs, nothing is done, until it answers again', async () => {
    const port = await freePort();
    const proxy = await startFaultProxy({
      listen: { port: 0, host: '127.0.0.1' },
      dial: () => connect({ port, host: '127.0.0.1', allowHalfOpen: true }),
      swallow: () => undefined,
    });
    const { paramedic, ended, own, victim, events } = await absence('web', { port, by: proxy.port });
    own({ stop: () => proxy.close() });
    await victim.until('running', 'healthy');
    const answerAgain = proxy.fault({ matches: ({ path }) => path === '/api/v2/alerts', kind: 'hang' });
    await victim.hang();
    const trouble = await paramedic.waitForLog(({ event }) => event === 'trouble', 60_000);
    expect(trouble['msg']).toContain('no Alertmanager answers');
    await upkeepRan(paramedic);
    await events.settled();
    expect(events.count('restart')).toBe(0);
    answerAgain();
    expect(await ended()).toMatchObject({ result: 'recovered' });
    await events.settled();
    expect(events.count('restart')).toBe(1);
  });
});
