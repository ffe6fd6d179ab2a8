import type { BackupsClient } from './backups-client.ts';
import type { Recall } from './known-good.ts';
import type { DockerImages } from './docker-images.ts';
import type { DockerObjects } from './docker-objects.ts';
import type { DockerStreams } from './docker-streams.ts';
import type { KubernetesClient } from './kubernetes-client.ts';
import type { OwnRedis } from './own-redis.ts';
import type { OwnState } from './own-state.ts';

/** A container as the engine tells it now, in plain words. */
export interface ContainerState {
  readonly id: string;
  /** Without the leading slash. */
  readonly name: string;
  readonly image: string;
  /** `gone`: it is not there, and is remembered; an engine never says so. */
  readonly status: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead' | 'gone';
  /** Absent: the container has no health check. */
  readonly health?: 'starting' | 'healthy' | 'unhealthy';
  readonly exitCode: number;
  readonly oomKilled: boolean;
  /** ms since the epoch, with the engine's fraction; 0 when it never started. */
  readonly startedAt: number;
  /** ms since the epoch; 0 when no instance has ended. */
  readonly finishedAt: number;
  /** How often the restart policy restarted it since it was started by hand. */
  readonly restartCount: number;
  /** `no`, `always`, `unless-stopped`, `on-failure` */
  readonly restartPolicy: string;
  /** Seconds between TERM and KILL; the engine's default is 10. */
  readonly stopTimeoutS: number;
  /** Those of Compose, of Kubernetes and our own. A state is kept in journals, and others may hold secrets. */
  readonly labels: Readonly<Record<string, string>>;
  /** The engine's own word on why the last start failed; empty when it did not. */
  readonly error: string;
  /** What other containers reach it by beside its name: aliases and addresses in its networks. */
  readonly aliases: readonly string[];
  /** TCP ports of its machine that lead into it, also while it is down; an empty `ip` is every address of the machine. */
  readonly published: readonly { readonly ip: string; readonly port: number }[];
}

export interface ContainerSummary {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface DockerEvent {
  /** `start`, `die`, `restart`, `health_status: unhealthy` … */
  readonly action: string;
  readonly containerId: string;
  /** ms since the epoch */
  readonly at: number;
}

/** How much of a log. */
export interface LogTail {
  readonly lines: number;
  /** Of UTF-8. */
  readonly maxBytes: number;
}

/** One Docker engine. Every method throws ActionError; a request has 2 s unless it says otherwise. */
export interface DockerClient extends DockerObjects, DockerStreams, DockerImages {
  readonly name: string;
  ping(signal?: AbortSignal): Promise<void>;
  /** All of them, the stopped ones too. */
  list(signal?: AbortSignal): Promise<readonly ContainerSummary[]>;
  /** By id, unique id prefix or name; undefined when there is none. */
  inspect(idOrName: string, signal?: AbortSignal): Promise<ContainerState | undefined>;
  /** All that the engine tells of it, as plain JSON; undefined when there is none. It holds secrets. */
  describe(id: string, signal?: AbortSignal): Promise<Readonly<Record<string, unknown>> | undefined>;
  /**
   * The last lines of what it wrote, whichever instance of it, each with its time; both streams, in their order. At most
   * `maxBytes`, of whole lines, the newest. They hold secrets. 5 s.
   */
  logs(id: string, tail: LogTail, signal?: AbortSignal): Promise<string>;
  /** What happened to it after that, ms since the epoch, as far as the engine remembers: its last 256 events. */
  history(id: string, sinceMs: number, signal?: AbortSignal): Promise<readonly DockerEvent[]>;
  /** Already running is success. 30 s. */
  start(id: string, signal: AbortSignal): Promise<void>;
  /** `stopTimeoutS` + 30 s. A request that was cut off does not stop the engine: look before asking again. */
  restart(id: string, stopTimeoutS: number, signal: AbortSignal): Promise<void>;
  unpause(id: string, signal: AbortSignal): Promise<void>;
  /**
   * When somebody stopped it by a command (`docker stop`, compose, a UI), if that is how it ended at `endedAtMs`, both
   * ms since the epoch. The engine remembers its last 256 events only: undefined is no proof that nobody did. Takes up
   * to 2 s when it has just ended.
   */
  stoppedAt(id: string, endedAtMs: number, signal?: AbortSignal): Promise<number | undefined>;
  /** Container events from now on, until the signal aborts (resolves) or the stream breaks (rejects). */
  events(onEvent: (event: DockerEvent) => void, signal: AbortSignal): Promise<void>;
}

/** One alert in Alertmanager's own list. */
export interface ListedAlert {
  readonly fingerprint: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: number;
  readonly generatorURL?: string;
  /** Active in one peer is active; suppressed only when no reachable peer has it active. */
  readonly state: 'active' | 'suppressed';
  /** Why it is suppressed: `silence 3f2a…`, `inhibited by …`. */
  readonly suppressedBy: readonly string[];
  /** Unescaped names of the receivers it is routed to. */
  readonly receivers: readonly string[];
}

export interface AlertmanagerReading {
  /** How many of the peers answered. 0: nothing is known. */
  readonly reachable: number;
  /** One sentence for each peer that did not answer. */
  readonly errors: readonly string[];
  readonly alerts: readonly ListedAlert[];
}

/** An alert of our own. It ends at `endsAt` unless it is posted again. Times in ms since the epoch. */
export interface PostedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: number;
  readonly endsAt: number;
}

/** All peers of one Alertmanager HA group. Never throws: a peer that does not answer within 2 s is an entry in `errors`. */
export interface AlertmanagerClient {
  list(filter?: { readonly alertname: string }, signal?: AbortSignal): Promise<AlertmanagerReading>;
}

/** Where our own alerts go: each peer of the Alertmanager group. Never throws. */
export interface Pager {
  /** Sends alerts of our own to each of the peers. */
  post(
    alerts: readonly PostedAlert[],
    signal?: AbortSignal,
  ): Promise<Pick<AlertmanagerReading, 'reachable' | 'errors'>>;
}

/** A silence in Alertmanager. Times in ms since the epoch. */
export interface Silence {
  readonly id: string;
  readonly createdBy: string;
  readonly comment: string;
  readonly startsAt: number;
  readonly endsAt: number;
  /** `expired` in one peer is expired. */
  readonly state: 'pending' | 'active' | 'expired';
  /** What each label has to be, to the letter; empty: it has to be absent. Undefined: it matches in another way. */
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * Silences in Alertmanager, whose peers tell each other of them: one that answers is enough. Each peer has 2 s. Every
 * method throws ActionError.
 */
export interface Silencer {
  /** Silences all alerts with these very labels, one that is empty being absent; its id. A start that is over is now. */
  silence(
    wanted: Required<Pick<Silence, 'labels'>> & Pick<Silence, 'createdBy' | 'comment' | 'startsAt' | 'endsAt'>,
    signal?: AbortSignal,
  ): Promise<string>;
  /** Ends it now. One that is over already, or that no peer knows, is success. */
  expire(id: string, signal?: AbortSignal): Promise<void>;
  /** Those with that `createdBy`; also the expired ones, for as long as Alertmanager keeps them (5 days). */
  silencesBy(createdBy: string): Promise<readonly Silence[]>;
}

export interface RangeQuery {
  /** PromQL */
  readonly expression: string;
  /** ms since the epoch; both ends are asked about. Prometheus takes 11,000 steps between them at most. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

/** One series of the answer to a range query. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** When, ms since the epoch, and what; oldest first. Where the series had no value there is none. */
  readonly points: readonly (readonly [atMs: number, value: number])[];
}

/** One line of the answer to an instant query. A scalar has no labels. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A rule that makes alerts. */
export interface AlertingRule {
  /** PromQL */
  readonly expression: string;
  /** That it adds to its alerts; their values may be templates: `{{ $labels.instance }}`. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Throws ActionError. */
export interface PrometheusClient {
  /** The label sets of the alerts of that name that are firing or pending now. */
  alerts(alertname: string, signal?: AbortSignal): Promise<readonly Readonly<Record<string, string>>[]>;
  /** All of it: an answer that Prometheus itself calls incomplete is an ActionError. 10 s. */
  range(query: RangeQuery, signal?: AbortSignal): Promise<readonly Series[]>;
  /** What an expression answers now: a vector or a scalar. All of it, as `range`. 10 s. */
  query(expression: string, signal?: AbortSignal): Promise<readonly Sample[]>;
  /** The rules whose alerts have that name. 5 s. */
  rules(alertname: string, signal?: AbortSignal): Promise<readonly AlertingRule[]>;
}

/** The outside world as the road sees it. */
export interface Clients {
  readonly docker: ReadonlyMap<string, DockerClient>;
  /** By the name of the cluster. */
  readonly kubernetes: ReadonlyMap<string, KubernetesClient>;
  readonly alertmanager?: AlertmanagerClient;
  /** Absent: without an Alertmanager nobody is called but by our own log and metrics. */
  readonly pager?: Pager;
  /** Absent: there is no Alertmanager. */
  readonly silencer?: Silencer;
  readonly prometheus?: PrometheusClient;
  /** Absent: no platform of ours runs it. */
  readonly ownRedis?: OwnRedis;
  /** How everything looked when it was healthy last. Absent: nothing is remembered. */
  readonly knownGood?: Recall;
  /** Absent: nothing is backed up. */
  readonly backups?: BackupsClient;
  /** What we know and were told, for a backup of it. Absent where nothing of it is at hand. */
  readonly own?: OwnState;
}
