import type { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { BasicAuth, Config } from '../config/config.ts';
import type { Delivery } from '../domain/alert.ts';
import type { Pause } from '../domain/pause.ts';
import type { Verdict } from '../domain/verdict.ts';

/** Who may POST to the webhook. Credentials that are there are asked for; without any it is open only by `insecureNoAuth`. */
export type WebhookAuth = Config['webhook'];

/** A BullMQ queue, as the queue UI takes it. */
export type BoardQueue = ConstructorParameters<typeof BullMQAdapter>[0];

/** What the HTTP side needs from the rest. The functions are asked on each request, so a reload takes effect at once. */
export interface HttpDeps {
  /** Resolves when the whole delivery is durable: only then it is answered with 202. Rejects: 503, and it is sent again. `body`: its bytes. */
  accept(delivery: Delivery, body: Buffer): Promise<void>;
  ready(): Verdict;
  metrics(): Promise<{ readonly contentType: string; readonly body: string }>;
  /** Reads the configuration again; the reason of a refusal holds every mistake, one a line. */
  reload(): Promise<Verdict>;
  /** What people hold back and let go again; the reason of a refusal says why. */
  readonly brakes: {
    read(): Promise<unknown>;
    pause(wanted: Omit<Pause, 'at'>): Promise<Verdict>;
    resume(scope: string): Promise<Verdict>;
    acknowledge(recovery: string, by: string): Promise<Verdict>;
  };
  readonly webhookAuth: () => WebhookAuth;
  readonly uiAuth: () => BasicAuth;
  /** How browsers reach us, when a proxy is in between: `https://ops.example/paramedic`. */
  readonly externalUrl?: string;
  readonly queues: readonly BoardQueue[];
  /** One line about something that went wrong here. Never holds a credential or a body. */
  log(message: string): void;
  /** Told about each answer of the webhook, for the metrics. */
  answered?(status: number, tookMs: number): void;
  /** How long `accept` may take before we answer 503, ms. Default 1900: the sender is promised an answer within 2 s. */
  readonly acceptWithinMs?: number;
}
