import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { afterAll, beforeAll } from 'vitest';
import { createRedisStore } from '../../src/store/redis-store.ts';
import { startRedis, type RedisServer } from '../harness/redis.ts';
import { createTestRoad, type TestRoad } from './road.ts';

interface Line {
  readonly port: number;
  /** How many answers were lost. */
  readonly lost: number;
  /** Once, the answer to a command that holds these bytes is lost: it was carried out, and the connection breaks. */
  lose(word: string): void;
  close(): Promise<void>;
}

/** A line to a Redis on 127.0.0.1 which loses an answer when it is told to. */
async function startLine(redisPort: number): Promise<Line> {
  let wanted: string | undefined;
  let lost = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const redis = connect({ port: redisPort, host: '127.0.0.1' });
    let awaited = false;
    const cut = (): void => {
      client.destroy();
      redis.destroy();
    };
    for (const socket of [client, redis]) {
      sockets.add(socket);
      socket.on('error', cut).on('close', () => {
        sockets.delete(socket);
        cut();
      });
    }
    client.on('data', (chunk) => {
      awaited = wanted !== undefined && chunk.includes(wanted);
      redis.write(chunk);
    });
    redis.on('data', (chunk) => {
      // A script that the server does not know was not run.
      if (!awaited || chunk.includes('-NOSCRIPT')) {
        client.write(chunk);
        return;
      }
      wanted = undefined;
      lost += 1;
      cut();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    // A server that listens on TCP has an address with a port.
    port: (server.address() as AddressInfo).port,
    get lost() {
      return lost;
    },
    lose: (word) => void (wanted = word),
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Test roads on a real Redis of the calling test file, whose answers can get lost: the client then sends its call again. */
export function roadsOnLossyRedis() {
  let server: RedisServer;
  let line: Line;
  let redis: Redis;
  let count = 0;
  beforeAll(async () => {
    server = await startRedis();
    line = await startLine(server.port);
    redis = new Redis(line.port, '127.0.0.1');
    // Its connection breaks on purpose.
    redis.on('error', () => undefined);
  });
  afterAll(async () => {
    redis.disconnect();
    await line.close();
    await server.stop();
  });
  return {
    road: (options: Parameters<typeof createTestRoad>[1] = {}): TestRoad =>
      createTestRoad(createRedisStore(redis, `lossy${(count += 1)}:`), options),
    lose: (word: string) => line.lose(word),
    lost: () => line.lost,
  };
}
