import { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Delivery } from '../domain/alert.ts';

export const inboxName = 'inbox';
/** How long until the alerts of a silent platform are brought again, ms. */
const againMs = 5_000;
/** Deliveries that are triaged side by side. */
const concurrency = 20;

interface Parcel {
  readonly delivery: Delivery;
  /** False: its alerts were counted when they came first. */
  readonly counted: boolean;
}

export interface Inbox {
  readonly queue: Queue<Parcel>;
  /** Resolves when Redis has acknowledged the whole delivery in one write; rejects in time for a 503. */
  accept(delivery: Delivery): Promise<void>;
  close(): Promise<void>;
}

/** Where the webhook puts deliveries. `producer`: a connection that fails fast. */
export function createInbox(producer: Redis, prefix: string): Inbox {
  const queue = new Queue<Parcel>(inboxName, {
    connection: producer,
    prefix,
    defaultJobOptions: {
      removeOnComplete: true,
      removeOnFail: 1_000,
      attempts: 20,
      backoff: { type: 'fixed', delay: 2_000 },
    },
  });
  return {
    queue,
    async accept(delivery) {
      // Commands on a connection that is not ready would be refused one by one; the queue's own start would wait.
      if (producer.status !== 'ready') throw new Error('Redis is not connected');
      await queue.add('delivery', { delivery, counted: true });
    },
    close: () => queue.close(),
  };
}

/** Triages what is in the inbox. What a silent platform keeps from being decided comes again a little later. */
export function createInboxWorker(
  connection: Redis,
  prefix: string,
  triage: (delivery: Delivery, counted: boolean) => Promise<Delivery['alerts']>,
): Worker<Parcel> {
  const again = new Queue<Parcel>(inboxName, { connection, prefix });
  const worker = new Worker<Parcel>(
    inboxName,
    async ({ data }) => {
      const alerts = await triage(data.delivery, data.counted);
      if (alerts.length === 0) return;
      const delivery = { ...data.delivery, alerts };
      await again.add('postponed', { delivery, counted: false }, { delay: againMs, removeOnComplete: true });
    },
    { connection, prefix, concurrency, lockDuration: 10_000, stalledInterval: 5_000, maxStalledCount: 20 },
  );
  worker.on('closed', () => void again.close());
  return worker;
}
