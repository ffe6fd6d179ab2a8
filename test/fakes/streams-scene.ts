import { afterEach, beforeEach } from 'vitest';
import { createDockerClient } from '../../src/clients/docker.ts';
import type { DockerClient } from '../../src/domain/clients.ts';
import { type StreamsEngine, streamsEngine } from './docker-streams-engine.ts';

/** An engine that streams, a client of it, and what ends its requests. */
export interface StreamsScene {
  engine: StreamsEngine;
  client: DockerClient;
  over: AbortController;
}

/** Another one for each test of the calling file; there is none before its first. */
export function streamsScene(): StreamsScene {
  const scene = {} as StreamsScene;
  beforeEach(async () => {
    scene.over = new AbortController();
    scene.engine = await streamsEngine();
    scene.client = await createDockerClient({ name: 'edge-1', host: scene.engine.host, instances: [] });
  });
  afterEach(() => scene.engine.close());
  return scene;
}
