import { Redis, type RedisOptions } from 'ioredis';

/** Where Redis is: a `redis://` URL, or the path of a unix socket. */
export type RedisAddress = { readonly url: string } | { readonly socket: string };

function connect(address: RedisAddress, options: Omit<RedisOptions, 'replyMapping'>): Redis {
  // ioredis takes a path for a URL too: both are one string to it.
  return new Redis('url' in address ? address.url : address.socket, options);
}

const retryStrategy = (times: number): number => Math.min(50 * times, 1_000);

/**
 * For the webhook: fails at once while Redis is away and after 1.5 s when it hangs, so that the answer is a 503 in time.
 * (Without an offline queue a command is never kept for later; one retry covers a connection that broke under it.)
 */
export const producerConnection = (address: RedisAddress): Redis =>
  connect(address, { enableOfflineQueue: false, commandTimeout: 1_500, maxRetriesPerRequest: 1, retryStrategy });

/** For the memory of what is healthy, which would rather fail than write late: what it could not write it writes again. */
export const watcherConnection = (address: RedisAddress): Redis =>
  connect(address, { enableOfflineQueue: false, commandTimeout: 5_000, maxRetriesPerRequest: 1, retryStrategy });

/**
 * For what people say: fails at once while Redis is away, and after 1.5 s when it hangs. Nothing is kept for later and nothing
 * is sent a second time: what somebody was told is not done must not be done when he has gone.
 */
export const spokenConnection = (address: RedisAddress): Redis =>
  connect(address, {
    enableOfflineQueue: false,
    commandTimeout: 1_500,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy,
  });

/** Whether it says that Redis did not answer, in the words of ioredis. What was sent before that may be done all the same. */
export const isSilence = (error: unknown): boolean =>
  error instanceof Error &&
  /^(?:Command timed out|Connection is closed|Stream isn't writeable|Reached the max retries per request)/.test(
    error.message,
  );

/** For workers, the store and upkeep: waits for Redis as long as it takes. Blocking commands forbid a command timeout. */
export const workerConnection = (address: RedisAddress): Redis =>
  connect(address, { maxRetriesPerRequest: null, retryStrategy });
