import { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Alert, Delivery } from '../domain/alert.ts';
import { jobLock } from './job-lock.ts';

const inboxName = 'inbox';
/** How long until the alerts of a silent platform are brought again, ms. */
const againMs = 5_000;
/** Deliveries that one job takes at a time, and jobs that run side by side. */
const batch = 20;
const concurrency = 10;
const ringAgainMs = 1_000;
/** A delivery that could not be triaged this often is put aside. */
const triesBeforeDead = 3;

interface Letter {
  readonly receivedAt: number;
  readonly body: string;
}

/** Where accepted bodies wait; store/inbox-list.ts. */
export interface Letters {
  push(letter: { readonly receivedAt: number; readonly body: Buffer }): Promise<boolean>;
  take(
    job: string,
    most: number,
  ): Promise<{ readonly id: string; readonly letters: readonly Letter[]; readonly more: boolean }>;
  done(job: string, batch: string, left?: readonly Letter[]): Promise<void>;
  bury(letters: readonly Letter[]): Promise<void>;
  takers(): Promise<readonly string[]>;
  giveBack(job: string): Promise<void>;
  isEmpty(): Promise<boolean>;
}

/** The alerts of a platform that stayed silent, to be brought again. Absent: "look into the inbox". */
interface Postponed {
  readonly postponed?: Delivery;
}

export interface Inbox {
  readonly queue: Queue<Postponed>;
  /** Resolves when Redis has acknowledged the whole body in one write; rejects in time for a 503. */
  accept(body: Buffer, receivedAt: number): Promise<void>;
  /** Upkeep's: what a lost job had taken comes back, and the bell is rung when something lies there. */
  tend(): Promise<void>;
  close(): Promise<void>;
}

/** `producer`: a connection that fails fast. The bodies are the truth; a job only says "look now". */
export function createInbox(
  letters: Letters,
  producer: Redis,
  connection: Redis,
  prefix: string,
  onLostRing: (error: unknown) => void,
): Inbox {
  const queue = new Queue<Postponed>(inboxName, {
    connection,
    prefix,
    defaultJobOptions: {
      removeOnComplete: true,
      removeOnFail: 1_000,
      attempts: 20,
      backoff: { type: 'fixed', delay: 2_000 },
    },
  });
  let rangAt = 0;
  const ring = (): Promise<unknown> => queue.add('look', {});
  return {
    queue,
    async accept(body, receivedAt) {
      // Commands on a connection that is not ready would be refused one by one; the queue's own start would wait.
      if (producer.status !== 'ready') throw new Error('Redis is not connected');
      // It is durable now. A ring that is lost is made up for by upkeep.
      const first = await letters.push({ body, receivedAt });
      // Told when the inbox was empty, and now and then besides: the ring before may have been lost.
      if (!first && Date.now() - rangAt < ringAgainMs) return;
      rangAt = Date.now();
      ring().catch(onLostRing);
    },
    async tend() {
      for (const job of await letters.takers()) {
        const state = await queue.getJobState(job);
        if (state === 'unknown' || state === 'failed' || state === 'completed') await letters.giveBack(job);
      }
      if (!(await letters.isEmpty())) await ring();
    },
    close: () => queue.close(),
  };
}

export interface Triage {
  /** Throws when a body that was accepted can not be read: our own mistake. */
  parse(body: string, receivedAt: number): Delivery;
  /** Returns the alerts that have to be brought again. */
  triage(delivery: Delivery, counted: boolean): Promise<readonly Alert[]>;
  /** A delivery was put aside for good. */
  buried(error: unknown): void;
}

/** Triages what is in the inbox. */
export function createInboxWorker(
  inbox: Inbox,
  letters: Letters,
  connection: Redis,
  prefix: string,
  how: Triage,
): Worker<Postponed> {
  const decide = async (delivery: Delivery, counted: boolean): Promise<void> => {
    const alerts = await how.triage(delivery, counted);
    if (alerts.length > 0)
      await inbox.queue.add('postponed', { postponed: { ...delivery, alerts } }, { delay: againMs });
  };

  const look = async (job: string, tries: number): Promise<void> => {
    // What it finds first was left by its last try; what it takes after that is tried for the first time.
    for (let tried = tries; ; tried = 0) {
      const { id, letters: taken, more } = await letters.take(job, batch);
      if (taken.length === 0) return;
      if (more) await inbox.queue.add('look', {});
      const ends = await Promise.allSettled(
        taken.map(async (one) => decide(how.parse(one.body, one.receivedAt), true)),
      );
      const left = taken.filter((_, index) => ends[index]?.status === 'rejected');
      const failure = ends.find((end) => end.status === 'rejected');
      const again = failure !== undefined && tried < triesBeforeDead;
      if (failure !== undefined && !again) {
        await letters.bury(left);
        how.buried(failure.reason);
      }
      await letters.done(job, id, again ? left : []);
      if (again) throw failure.reason;
    }
  };

  return new Worker<Postponed>(
    inboxName,
    async ({ id, data, attemptsMade }) =>
      data.postponed === undefined ? look(id ?? '', attemptsMade) : decide(data.postponed, false),
    { connection, prefix, concurrency, ...jobLock },
  );
}
