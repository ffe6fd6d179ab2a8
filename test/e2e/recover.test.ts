import { afterEach, describe, expect, it } from 'vitest';
import type { TestContainer } from '../harness/containers.ts';
import { type EventCounter, watchEvents } from '../harness/docker-events.ts';
import { startMonitoredScene } from '../harness/monitored-scene.ts';
import type { Scene, SceneOptions } from '../harness/scene.ts';

const scenes: Scene[] = [];
afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene.close();
});

async function monitoredScene(verify: NonNullable<SceneOptions['verify']>): Promise<Scene> {
  // Three of three at once would be a storm, and one too many in one place.
  const guardrails = { cooldown: '1m', storm: 'off', concurrency: { namespace: 3 } };
  const scene = await startMonitoredScene({ verify, guardrails });
  scenes.push(scene);
  return scene;
}

interface Broken {
  readonly verb: string;
  readonly container: TestContainer;
  readonly events: EventCounter;
}

/** One container for each verb, broken so that it is what helps. */
async function breakThree(scene: Scene): Promise<readonly Broken[]> {
  const { containers } = scene;
  const web = (name: string) => containers.web(name, { stopTimeoutS: 1 });
  const [killed, hung, paused] = await Promise.all([web('killed'), web('hung'), web('paused')]);
  const three = [
    { verb: 'start', container: killed },
    { verb: 'restart', container: hung },
    { verb: 'unpause', container: paused },
  ];
  await Promise.all(three.map(({ container }) => container.until('running', 'healthy')));
  const broken = await Promise.all(
    three.map(async (one) => {
      const events = await watchEvents(one.container.id);
      scene.own({ stop: async () => events.close() });
      return { ...one, events };
    }),
  );
  await Promise.all([killed.kill(), hung.hang(), containers.docker.getContainer(paused.id).pause()]);
  await hung.until('running', 'unhealthy');
  return broken;
}

async function outcomeOf(scene: Scene, { container }: Broken): Promise<unknown> {
  const isEnd = (line: Readonly<Record<string, unknown>>) =>
    line['event'] === 'ended' && line['target'] === `docker/test/container/${container.name}`;
  return (await scene.paramedic.waitForLog(isEnd, 90_000))['result'];
}

describe('from a real alert to the end of its recovery', () => {
  it('what was killed is started, what hangs is restarted, what is paused goes on, each of them once', async () => {
    const scene = await monitoredScene({ within: '30s', stable: '2s' });
    const broken = await breakThree(scene);
    const outcomes = await Promise.all(broken.map((one) => outcomeOf(scene, one)));
    expect(outcomes).toEqual(['recovered', 'recovered', 'recovered']);
    for (const { verb, container, events } of broken) {
      const { State } = await container.inspect();
      expect([verb, State.Status, State.Health?.Status]).toEqual([verb, 'running', 'healthy']);
      await events.settled();
      expect([verb, events.count(verb)]).toEqual([verb, 1]);
    }
  });

  it('it is not-recovered, for each verb, when the engine takes the request and does nothing', async () => {
    const scene = await monitoredScene({ within: '5s', stable: '1s' });
    scene.proxy.swallow(['start', 'restart', 'unpause']);
    const broken = await breakThree(scene);
    const outcomes = await Promise.all(broken.map((one) => outcomeOf(scene, one)));
    expect(outcomes).toEqual(['not-recovered', 'not-recovered', 'not-recovered']);
    for (const { verb, container, events } of broken) {
      const asked = scene.proxy.mutating().filter(({ path }) => path === `/containers/${container.id}/${verb}`);
      expect([verb, asked.length]).toEqual([verb, 1]);
      await events.settled();
      expect([verb, events.count(verb)]).toEqual([verb, 0]);
    }
  });
});
