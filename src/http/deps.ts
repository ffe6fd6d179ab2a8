import type { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { BasicAuth, Config } from '../config/config.ts';
import type { Delivery } from '../domain/alert.ts';
import type { AuditEntry } from '../domain/audit.ts';
import type { Pause } from '../domain/pause.ts';
import type { Recovery } from '../domain/recovery.ts';
import type { Counted } from '../domain/store.ts';
import type { Verdict } from '../domain/verdict.ts';
import type { Brakes } from '../road/brakes.ts';
import type { ByHand } from '../road/by-hand.ts';
import type { BackupsDeps } from './backups-api.ts';
import type { KnownGoodDeps } from './known-good-api.ts';
import type { DecisionRecord } from '../road/records.ts';

/** Who may POST to the webhook. Credentials that are there are asked for; without any it is open only by `insecureNoAuth`. */
export type WebhookAuth = Config['webhook'];

/** A BullMQ queue, as the queue UI takes it. */
export type BoardQueue = ConstructorParameters<typeof BullMQAdapter>[0];

/** What the HTTP side needs from the rest. The functions are asked on each request, so a reload takes effect at once. */
export interface HttpDeps {
  /** Resolves when the whole delivery is durable: only then it is answered with 202. Rejects: 503, and it is sent again. `body`: its bytes. */
  accept(delivery: Delivery, body: Buffer): Promise<void>;
  ready(): Verdict;
  /** What people say is written there. */
  readonly redis: {
    /** Whether it answers, known within 2 s. */
    answers(): Promise<boolean>;
    /** Whether an error says that it did not answer. */
    isSilence(error: unknown): boolean;
  };
  metrics(): Promise<{ readonly contentType: string; readonly body: string }>;
  /** Reads the configuration again; the reason of a refusal holds every mistake, one a line. */
  reload(): Promise<Verdict>;
  /** What people hold back and let go again; the reason of a refusal says why. */
  readonly brakes: {
    read(): Promise<Brakes>;
    pause(wanted: Omit<Pause, 'at'>): Promise<Verdict>;
    resume(scope: string, by: string): Promise<Verdict>;
    acknowledge(recovery: string, by: string): Promise<Verdict>;
  };
  /** What people look up, and what they say of a recovery; the reason of a refusal says why. `by` is a login. */
  readonly recoveries: {
    /** Newest first. */
    list(): Promise<readonly Recovery[]>;
    show(id: string): Promise<Recovery | undefined>;
    /** What was read before the first change, as text; undefined: there is none. */
    evidence(id: string): Promise<string | undefined>;
    /** `asked`: `at` of the question that he was shown; absent: whichever is put now. */
    approve(id: string, by: string, asked?: number): Promise<Verdict>;
    reject(id: string, by: string, reason: string, asked?: number): Promise<Verdict>;
    cancel(id: string, by: string, reason: string): Promise<Verdict>;
    retry(id: string, by: string): Promise<Verdict>;
    /** Begins one by hand: with `ok`, `recovery` is its id. */
    recover(asked: ByHand, by: string): Promise<Verdict & { readonly recovery?: string }>;
  };
  /** What was decided, and who did what; newest first. */
  /** Absent: nothing is remembered. */
  readonly knownGood?: KnownGoodDeps;
  readonly backups: BackupsDeps;
  readonly records: {
    audit(wanted: { readonly lastMs: number; readonly limit: number }): Promise<readonly AuditEntry[]>;
    decisions(wanted: {
      readonly limit: number;
      readonly alertname?: string;
      readonly target?: string;
    }): Promise<readonly Counted[]>;
    /** Those of an episode, of a recovery, or about a fingerprint, with what became of them. */
    decision(word: string): Promise<readonly DecisionRecord[]>;
  };
  readonly webhookAuth: () => WebhookAuth;
  readonly uiAuth: () => BasicAuth;
  /** How browsers reach us, when a proxy is in between: `https://ops.example/paramedic`. */
  readonly externalUrl?: string;
  readonly queues: readonly BoardQueue[];
  /** One line about something that went wrong here. Never holds a credential or a body. */
  log(message: string): void;
  /** The same for what somebody outside did. `log` when absent. */
  warn?(message: string): void;
  /** Told about each answer of the webhook, for the metrics. */
  answered?(status: number, tookMs: number): void;
  /** Told about each credential that was refused, for the metrics. */
  authFailed?(part: 'webhook' | 'ui'): void;
  /** How long `accept` may take before we answer 503, ms. Default 1900: the sender is promised an answer within 2 s. */
  readonly acceptWithinMs?: number;
}
