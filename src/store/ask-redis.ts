import { Redis } from 'ioredis';

/**
 * Sends one command on a connection of its own and resolves with the answer. Rejects when nobody listens, when the
 * server answers with an error (`LOADING …`), and when it does not answer in time.
 */
export async function askRedis(socket: string, command: string, args: string[], timeoutMs: number): Promise<unknown> {
  const redis = new Redis({
    path: socket,
    lazyConnect: true,
    enableReadyCheck: false,
    disableClientInfo: true,
    maxRetriesPerRequest: 0,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    retryStrategy: () => null,
  });
  let broken: Error | undefined;
  // The event has the reason; the rejection of the command is "Connection is closed".
  redis.on('error', (error: Error) => (broken = error));
  try {
    await redis.connect();
    return await redis.call(command, ...args);
  } catch (error) {
    throw broken ?? error;
  } finally {
    redis.disconnect();
  }
}
