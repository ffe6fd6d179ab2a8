import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { outside } from './race-road.ts';

const request = z.object({
  worker: z.string(),
  key: z.string(),
  namespace: z.string(),
  playbook: z.string(),
  instance: z.number(),
});
export type Request = z.infer<typeof request>;

/** How long the platform works on a request before its effect shows, and after it, ms. */
const workMs = () => 50 + Math.random() * 200;
const work = () => new Promise((resolve) => setTimeout(resolve, workMs()));

/** Twice is once: what has another instance by now is left alone. */
const act = `
if redis.call('HGET', KEYS[1], 'instance') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'ill', '0')
redis.call('HINCRBY', KEYS[1], 'instance', 1)
redis.call('XADD', KEYS[2], '*', 'what', 'act', unpack(ARGV, 2))
return 1
`;

/**
 * Does what it is asked for, and writes down each request and each act. A process of its own: what it was asked for is
 * done whatever becomes of whoever asked.
 */
export async function startRacePlatform(redis: Redis) {
  const server = createServer((req, res) => {
    void (async () => {
      const { worker, key, namespace, playbook, instance } = request.parse(JSON.parse(await text(req)));
      await redis.xadd(outside.effects, '*', 'what', 'asked', 'target', key, 'worker', worker);
      await work();
      const about = ['target', key, 'worker', worker, 'namespace', namespace, 'playbook', playbook];
      await redis.eval(act, 2, outside.thing(key), outside.effects, instance, ...about);
      await work();
      res.writeHead(200).end();
    })().catch((error: unknown) => res.writeHead(500).end(String(error)));
  });
  // A process that was stopped for long finds its connections as they were.
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    // A server that listens on TCP has such an address.
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop(): void {
      server.closeAllConnections();
      server.close();
    },
  };
}
