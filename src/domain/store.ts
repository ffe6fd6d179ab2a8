import type { Alert, Delivery } from './alert.ts';
import type { AuditEntry } from './audit.ts';
import type { Question } from './approval.ts';
import type { Decision } from './decision.ts';
import type { Episode } from './episode.ts';
import type { Evidence, KeptEvidence } from './evidence.ts';
import type { Procedure } from './playbook.ts';
import type { Entry, Outcome, Recovery, StepReport } from './recovery.ts';
import type { Count, Latch, Limit } from './limit.ts';
import type { Manual } from './manual.ts';
import type { Page } from './page.ts';
import type { Pause } from './pause.ts';
import type { Storm } from './storm.ts';
import type { Target } from './target.ts';

/** Who writes to a recovery: writes of a run that was replaced are refused with RunReplaced. */
export interface Run {
  readonly recovery: string;
  readonly attempt: number;
  readonly run: string;
}

/** What we knew of an alert that came in. */
export type Heard =
  /** Never heard, or not since its last episode closed. */
  | { readonly news: 'new' }
  /** Older than the end of its episode: counted there, nothing else. */
  | { readonly news: 'late'; readonly episode: string }
  /** Counted on its open episode; `due`: to be decided anew. */
  | { readonly news: 'repeat'; readonly episode: string; readonly due: boolean };

export interface HeardInput {
  readonly alert: Alert;
  readonly now: number;
  readonly config: string;
  /** `reread`: from Alertmanager's own list just now; never late, and not counted. */
  readonly source: Delivery['source'];
  /** False: a repeat of a delivery that was already counted. */
  readonly counted: boolean;
}

export interface DecideInput extends HeardInput {
  /** True: `heard` has counted it on its episode already. */
  readonly heard: boolean;
  readonly decision: Pick<Decision, 'decision' | 'reason' | 'playbook' | 'target' | 'mode' | 'retryAt'>;
  /** With `decision: 'recover'`: what the recovery will do. */
  readonly procedure?: Procedure;
}

export interface Decided {
  readonly episode: string;
  readonly decision: Decision;
  /** True: this very call opened the record (or its next attempt): ring its bell. */
  readonly opened: boolean;
  readonly attempt?: number;
}

export type Begun =
  | { readonly begin: 'run'; readonly recovery: Recovery }
  /** Its job was retried by hand: `reopen` it. */
  | { readonly begin: 'retry'; readonly recovery: Recovery }
  /** The run that ended it died before it could tell: tell its outcome. */
  | { readonly begin: 'untold'; readonly recovery: Recovery; readonly outcome: Outcome }
  /** Nothing to do for this bell; the reason is a sentence. */
  | { readonly begin: 'ended'; readonly reason: string };

/**
 * What counts as one act: `r_1f2e#1.0` is the first step of attempt 1, whichever of its candidates is carried out. They are one
 * plan, each taken back before the next.
 */
export const actOf = (
  { recovery, attempt }: Pick<Run, 'recovery' | 'attempt'>,
  { step }: Pick<Entry, 'step'>,
): string => `${recovery}#${attempt}.${step}`;

/** `attempt`: the present one. */
export type Answered = { readonly attempt: number } | { readonly refused: string };

export interface ManualInput {
  readonly target: Target;
  readonly procedure: Procedure;
  readonly manual: Manual;
  readonly now: number;
  readonly config: string;
}

/** A decision, and how many alerts its episode has. */
export type Counted = Decision & { readonly count: number };

export interface Usage {
  readonly part: 'decisions' | 'evidence' | 'audit';
  readonly bytes: number;
  /** Above it the oldest go. */
  readonly maxBytes: number;
}

export interface Claim {
  /** `actOf` it. */
  readonly act: string;
  readonly limits: readonly Limit[];
  readonly take: boolean;
  /** Whether what is used up is latched: not where nothing could be changed anyway. */
  readonly latch: boolean;
  /** ms since the epoch */
  readonly now: number;
}

/** Everything that is remembered. Each method is one atomic transition. */
export interface Store {
  /** An alert came in that is firing. */
  heard(input: HeardInput): Promise<Heard>;
  /** An alert came in that is resolved: the member leaves, the last one closes the episode. */
  resolved(input: HeardInput): Promise<{ readonly episode: string; readonly closed: boolean }>;
  /** Opens or finds the episode, writes its decision, opens (or joins) the recovery and reserves its target. */
  decide(input: DecideInput): Promise<Decided>;

  /** `made`: the job's attemptsMade. Makes the run the only one that may write. */
  begin(run: Run, made: number): Promise<Begun>;
  /**
   * The next attempt of an ended recovery, with an empty journal; refused when its target is reserved by another. Asked
   * again by the same run, it answers the same.
   */
  reopen(
    recovery: string,
    attempt: number,
    run: string,
    now: number,
  ): Promise<{ readonly attempt: number } | { readonly refused: string }>;
  /** Appends. An entry `applying` also marks the target as acted upon, for `cooldown`, unless that changes nothing of it. */
  journal(run: Run, entry: Entry, isHarmless?: boolean): Promise<void>;
  report(run: Run, steps: readonly StepReport[]): Promise<void>;
  /** Reserves the other objects a plan touches, all or none: the key that is taken and by whom, or undefined. */
  reserve(run: Run, keys: readonly string[]): Promise<{ readonly key: string; readonly by: string } | undefined>;
  /**
   * How far the limits are used up. With `take`, when all of them have room, the act is counted in: once, however often
   * it is asked for. One that is used up and `latched` stays so from then on. Atomic over all workers.
   */
  claim(run: Run, claim: Claim): Promise<readonly Count[]>;
  /** Somebody has seen that the limits of these scopes are used up: they are free again. True: some were. */
  acknowledge(scopes: readonly string[], now: number): Promise<boolean>;
  /**
   * Ends it, whoever runs it, when `run.run` is the empty string (upkeep's word: its job is dead). Releases its reservations and writes the outcome into the decisions of its
   * episodes; `made` as in `begin`, -1 when no run can be left.
   */
  end(run: Run, outcome: Outcome, made: number, now: number): Promise<void>;

  /**
   * The run ends, the recovery stays open and waits for a human's answer; its target stays reserved. `approvedAt`: of the
   * last approval that the run knows of. False: it was answered meanwhile, and its bell is to be rung again.
   */
  ask(run: Run, question: Question, approvedAt?: number): Promise<boolean>;
  /**
   * A human says yes: its bell is to be rung. Refused, with the reason, when it does not wait, waits no more, or asks
   * something else than the question of `asked` (its `at`).
   */
  approve(recovery: string, by: string, now: number, asked?: number): Promise<Answered>;
  /** Ends what waits for an answer: nobody ever runs it any more. Refused as `approve` is, but for being late. */
  dismiss(recovery: string, outcome: Outcome, now: number, asked?: number): Promise<Answered>;
  /** What is under way is to change nothing more. Refused when it has ended, and when it `waits`: `dismiss` it then. */
  cancel(recovery: string, by: string, reason: string): Promise<Answered & { readonly waits?: boolean }>;
  /** Opens a recovery without an alert and reserves its target; refused while another one is under way for it. */
  openManual(input: ManualInput): Promise<{ readonly recovery: string } | { readonly refused: string }>;

  /** Kept with the run's attempt for 30 days, in the place of what that has; the oldest of all goes first for want of room. */
  keepEvidence(run: Run, evidence: Evidence): Promise<void>;
  /** Of each attempt that has some, the newest first. */
  evidence(recovery: string): Promise<readonly KeptEvidence[]>;

  recovery(id: string): Promise<Recovery | undefined>;
  /** Newest first, by when their present attempt was opened. */
  recoveries(limit: number): Promise<readonly Recovery[]>;
  openRecoveries(): Promise<readonly Recovery[]>;
  episode(id: string): Promise<Episode | undefined>;
  openEpisodes(): Promise<readonly Episode[]>;
  /**
   * A reachable Alertmanager did not list it. The member leaves when that was seen before, and for longer than a
   * Prometheus needs to fill an Alertmanager that has lost its list. True: that closed the episode.
   */
  missed(episode: string, fingerprint: string, now: number): Promise<boolean>;
  decision(episode: string): Promise<Decision | undefined>;
  /** Newest first; of all of them, or of those with that alertname and that target's key. */
  decisions(
    limit: number,
    about?: { readonly alertname?: string; readonly target?: string },
  ): Promise<readonly Counted[]>;
  /** Those of an episode, of a recovery, or about a fingerprint; newest first. */
  decisionsOf(word: string): Promise<readonly Counted[]>;
  /** Who acted on it last. */
  lastActed(
    target: Target,
  ): Promise<{ readonly recovery: string; readonly attempt: number; readonly at: number } | undefined>;

  latches(): Promise<readonly Latch[]>;
  /** One for each recovery: another one takes its place. */
  openPage(page: Page): Promise<void>;
  pages(): Promise<readonly Page[]>;
  /** Somebody has seen it: it is over, for that reason. False: there is none that is not over already. */
  endPage(recovery: string, over: string): Promise<boolean>;
  /** Unless another one has taken its place. */
  forgetPage(page: Page): Promise<void>;
  /** What has been paused, and not resumed. */
  pauses(): Promise<readonly Pause[]>;
  pause(pause: Pause): Promise<void>;
  /** False: it was not paused. */
  resume(scope: string): Promise<boolean>;
  /** The storm that holds everything; undefined: there is none. */
  storm(): Promise<Storm | undefined>;
  /** True: there was none, and now there is. */
  beginStorm(storm: Storm): Promise<boolean>;
  /** False: there was none. */
  endStorm(): Promise<boolean>;
  /** Keys of the targets whose trouble began after that, ms since the epoch, and led to a recovery. */
  troubled(since: number): Promise<readonly string[]>;

  /** Adds a line to the audit. None is changed or taken out; only the oldest go, by age and size. */
  record(entry: AuditEntry): Promise<void>;
  /** Newest first: those that are not older than `since`, ms since the epoch. */
  audit(wanted: { readonly since: number; readonly limit: number }): Promise<readonly AuditEntry[]>;
  /** What the parts take that are kept for a while, roughly. */
  usage(): Promise<readonly Usage[]>;

  /** The receivers our deliveries were addressed to. */
  receivers(): Promise<readonly string[]>;
  addReceiver(name: string): Promise<void>;
  /** Throws away what is older than its lifetime. */
  trim(now: number): Promise<void>;
}
