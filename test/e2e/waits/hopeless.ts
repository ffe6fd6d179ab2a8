import { expect } from 'vitest';
import type { TestContainer } from '../../harness/containers.ts';
import { type EventCounter, watchEvents } from '../../harness/docker-events.ts';
import type { MonitoredScene } from '../../harness/monitored-scene.ts';
import { sceneOf } from './scene-of.ts';

export interface Hopeless extends MonitoredScene {
  readonly victim: TestContainer;
  readonly events: EventCounter;
  /** Resolves with the recovery's id, once its restart was tried and did not help. */
  ended(result?: string): Promise<string>;
}

/** A container whose health check never passes, whatever is done to it. */
export async function hopeless(): Promise<Hopeless> {
  const scene = await sceneOf({ verify: { within: '6s', stable: '1s' } });
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
