import type { Config } from './config/config.ts';
import { messageOf, UserError } from './domain/errors.ts';
import {
  producerConnection,
  type RedisAddress,
  spokenConnection,
  watcherConnection,
  workerConnection,
} from './queue/connection.ts';
import { startEmbeddedRedis } from './store/embedded-redis.ts';
import { mustBeWhole, mustNotBeginOnHalf } from './store/half-store.ts';
import { checkRedis } from './store/redis-health.ts';
import type { Teardown } from './teardown.ts';
import type { Log, throttled } from './telemetry/log.ts';

export interface OpenRedis {
  /** Fails within moments when Redis does not answer: a delivery is refused then. */
  readonly producer: ReturnType<typeof producerConnection>;
  /** Waits for Redis. */
  readonly connection: ReturnType<typeof workerConnection>;
  /** For the memory of what is healthy. */
  readonly failsFast: ReturnType<typeof watcherConnection>;
  /** For what people say, which is done now or never. */
  readonly spoken: ReturnType<typeof spokenConnection>;
  readonly isUp: () => boolean;
}

interface OpenRedisDeps {
  readonly teardown: Teardown;
  readonly log: Log;
  readonly logError: ReturnType<typeof throttled>;
  /** Ends Paramedic: half of its own state was brought back under it. */
  readonly stop: () => Promise<void>;
}

/**
 * Connects with the Redis of the configuration, or starts one of our own; each time that it is there again it is looked at.
 * Throws UserError when what it holds is half brought back.
 */
export async function openRedis(
  config: Pick<Config, 'redis' | 'dataDir'>,
  { teardown, log, logError, stop }: OpenRedisDeps,
): Promise<OpenRedis> {
  const address: RedisAddress = config.redis ? { url: config.redis.url.reveal() } : await embedded();
  await mustNotBeginOnHalf('url' in address ? address.url : address.socket);
  const producer = connect('the connection of the webhook', producerConnection);
  const connection = connect('the connection of the store', workerConnection);
  const failsFast = connect('the connection of the memory', watcherConnection);
  const spoken = connect('the connection of the API', spokenConnection);
  const check = async (): Promise<void> => (await checkRedis(connection)).forEach((line) => log.warn(line));
  connection.on('ready', () => void check().catch((error: unknown) => log.error(messageOf(error))));
  connection.on('ready', () => void mustBeWhole(connection).catch(endOnHalf));
  return {
    producer,
    connection,
    failsFast,
    spoken,
    isUp: () => producer.status === 'ready' && connection.status === 'ready',
  };

  async function embedded(): Promise<RedisAddress> {
    const redis = await startEmbeddedRedis(config.dataDir, { log });
    teardown.push('redis-server', () => redis.stop());
    return { socket: redis.socket };
  }

  function connect(name: string, make: typeof workerConnection): ReturnType<typeof workerConnection> {
    const redis = make(address);
    redis.on('error', (error) => logError(error, 'Redis does not answer'));
    teardown.push(name, () => redis.disconnect());
    return redis;
  }

  async function endOnHalf(error: unknown): Promise<void> {
    log.error(messageOf(error));
    if (!(error instanceof UserError)) return;
    await stop();
    process.exitCode = 1;
  }
}
