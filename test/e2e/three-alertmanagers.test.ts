import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Redis } from 'ioredis';
import { afterEach, expect, it, vi } from 'vitest';
import { createRedisStore } from '../../src/store/redis-store.ts';
import { startAlertmanager } from '../harness/alertmanager.ts';
import { watchEvents } from '../harness/docker-events.ts';
import { freePort } from '../harness/process.ts';
import { type Scene, startScene } from '../harness/scene.ts';

const scenes: Scene[] = [];
afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene.close();
});

interface Road {
  readonly url: string;
  /** How many notifications have come to it. */
  came(count: number): Promise<void>;
  /** Lets those that it holds, and all that come later, go on. */
  release(): void;
  /** Resolves with the statuses of the notifications it has passed on, once there are so many. */
  passed(count: number): Promise<readonly number[]>;
  stop(): Promise<void>;
}

/** A road from an Alertmanager to the webhook on which notifications can be held up, and are then late. */
async function openRoad(webhook: string, held: boolean): Promise<Road> {
  const server = createServer();
  const arrived: string[] = [];
  const statuses: number[] = [];
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of listeners) listener();
  };
  const gate = held ? once(server, 'release') : Promise.resolve();
  const pass = async (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    arrived.push(body);
    tell();
    await gate;
    const headers = { 'content-type': 'application/json', authorization: request.headers.authorization ?? '' };
    const answer = await fetch(webhook, { method: 'POST', headers, body });
    statuses.push(answer.status);
    tell();
    response.writeHead(answer.status).end(await answer.text());
  };
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    pass(request, response).catch(() => response.destroy());
  });
  const port = await freePort();
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve);
  });
  const until = (holds: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!holds()) return;
        listeners.delete(look);
        resolve();
      };
      listeners.add(look);
      look();
    });
  return {
    url: `http://127.0.0.1:${port}/webhook`,
    came: (count) => until(() => arrived.length >= count),
    release: () => void server.emit('release'),
    async passed(count) {
      await until(() => statuses.length >= count);
      return statuses;
    },
    async stop() {
      server.emit('release');
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

it('three Alertmanagers that cannot see each other, each telling twice and one of them late, make one recovery', async () => {
  const scene = await startScene();
  scenes.push(scene);
  const { containers, paramedic } = scene;
  const webhook = `${paramedic.url}/webhook`;
  const [first, second, late] = await Promise.all([
    openRoad(webhook, false),
    openRoad(webhook, false),
    openRoad(webhook, true),
  ]);
  const peers = await Promise.all(
    [first, second, late].map(async (road) => {
      scene.own(road);
      // Without a cluster no peer knows what the others have sent: the worst that a split of the network can do.
      return scene.own(await startAlertmanager({ webhookUrl: road.url, tokenFile: paramedic.tokenFile, twice: true }));
    }),
  );
  const web = await containers.web('once');
  await web.until('running', 'healthy');
  const events = await watchEvents(web.id);
  scene.own({ stop: async () => events.close() });
  await web.kill();
  const startsAt = new Date().toISOString();
  const labels = { alertname: 'DockerContainerDown', engine: 'test', name: web.name };
  await Promise.all(peers.map((peer) => peer.post([{ labels, startsAt }])));
  await Promise.all([first.passed(2), second.passed(2), late.came(2)]);
  const ended = await paramedic.waitForLog(({ event }) => event === 'ended');
  expect(ended['result']).toBe('recovered');

  // It is over: two peers tell that it is resolved, and only then the third one's old news, that it fires, comes in.
  const endsAt = new Date().toISOString();
  await Promise.all(peers.slice(0, 2).map((peer) => peer.post([{ labels, startsAt, endsAt }])));
  expect(await first.passed(4)).toEqual([202, 202, 202, 202]);
  expect(await second.passed(4)).toEqual([202, 202, 202, 202]);
  late.release();
  expect(await late.passed(2)).toEqual([202, 202]);
  // Each is counted on the one episode: 2 + 2 firing, 2 + 2 resolved, 2 late.
  const connection = new Redis(scene.redis.url);
  scene.own({ stop: async () => connection.disconnect() });
  const store = createRedisStore(connection);
  await vi.waitFor(
    async () => {
      const decisions = await store.decisions(100);
      expect(decisions.map(({ alertname, count }) => `${alertname} ${count}`)).toEqual(['DockerContainerDown 10']);
    },
    { timeout: 20_000, interval: 100 },
  );

  const about = paramedic.log().filter((line) => line['alertname'] === 'DockerContainerDown');
  expect(about.filter((line) => line['opened'] === true)).toHaveLength(1);
  expect(paramedic.log().filter(({ event }) => event === 'begun')).toHaveLength(1);
  await events.settled();
  expect(events.count('start')).toBe(1);
});
