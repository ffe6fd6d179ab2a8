import type { CommandEnd, StreamLimits } from './docker-streams.ts';

/** What the engine tells of one object, as plain JSON. It may hold secrets. */
export type Described = Readonly<Record<string, unknown>>;

/** Something that happened to a container, a network or a volume. */
export interface ObjectEvent {
  readonly type: 'container' | 'network' | 'volume';
  /** `start`, `rename`, `connect`, `health_status: healthy` … */
  readonly action: string;
  /** Of a container or a network its id, of a volume its name. */
  readonly id: string;
  /** The container that was connected or disconnected, or mounts the volume; the empty string: it is about none. */
  readonly container: string;
  /** ms since the epoch */
  readonly at: number;
}

/** A regular file of the host. */
export interface HostFile {
  /** Bytes; of one of more than 1 MiB always the same. */
  readonly size: number;
  /** ms since the epoch */
  readonly modifiedAt: number;
  /** Of what is in it, in hex; the empty string: it has more than 1 MiB. */
  readonly sha256: string;
}

/** A path in a container's own file system that is not as its image has it. A directory is told with what is in it. */
export interface ChangedPath {
  readonly path: string;
  readonly kind: 'changed' | 'added' | 'deleted';
}

/** An image as an engine has it. */
export interface ImageFacts {
  readonly id: string;
  /**
   * `registry/name@sha256:…`: what a registry has it by. Empty: it was never pushed or pulled, and only engines have it. One that
   * keeps its images in containerd tells a digest also of those.
   */
  readonly digests: readonly string[];
}

/** How a container is in one network, as the engine takes it: `{IPAMConfig, Aliases, Links, DriverOpts}`. */
export type Endpoint = Readonly<Record<string, unknown>>;

/**
 * What it takes to remember an engine's objects and to bring one back. Every method throws ActionError; a read has 2 s, a
 * write 30 s, unless it says otherwise. A write that was cut off does not stop the engine: look before asking again.
 */
export interface DockerObjects {
  /** The engine's word on itself: version, storage driver, settings, and figures of the moment. 10 s. */
  info(signal?: AbortSignal): Promise<Described>;
  /** All of them, the engine's own three as well. */
  networks(signal?: AbortSignal): Promise<readonly Described[]>;
  volumes(signal?: AbortSignal): Promise<readonly Described[]>;
  /** By reference or id; undefined when the engine has none. It never pulls. */
  image(reference: string, signal?: AbortSignal): Promise<ImageFacts | undefined>;
  /**
   * A file of the engine's host, where that is ours: absent for an engine elsewhere. `before`: what was told of it the last
   * time. Undefined: it is not there, or is no file. Throws ActionError when that can not be found out within 2 s.
   */
  readonly hostFile?: (path: string, before: HostFile | undefined) => Promise<HostFile | undefined>;
  /**
   * What a container has written outside of its mounts, also while it does not run. 10 s. An answer of more than 8 MiB is a
   * `conflict`.
   */
  changes(id: string, signal?: AbortSignal): Promise<readonly ChangedPath[]>;
  /** References (`repository:tag`) of the images in a repository. */
  imagesNamed(repository: string, signal?: AbortSignal): Promise<readonly string[]>;
  /** From now on, until the signal aborts (resolves) or the stream breaks (rejects). */
  objectEvents(onEvent: (event: ObjectEvent) => void, signal: AbortSignal): Promise<void>;
  /** Not running already is success. `stopTimeoutS` + 30 s. */
  stop(id: string, stopTimeoutS: number, signal: AbortSignal): Promise<void>;
  rename(id: string, name: string, signal: AbortSignal): Promise<void>;
  /** Its id. `body` is that of the engine's own `POST /containers/create`. A name that is taken is a `conflict`. */
  create(name: string, body: Described, signal: AbortSignal): Promise<string>;
  /** Only one that does not run, and never its volumes. One that is gone already is success. */
  remove(id: string, signal: AbortSignal): Promise<void>;
  /**
   * Only one that was never started, with the volumes that its image had the engine make for it; what it mounts by a name
   * stays. One that was started is a `conflict`; one that is gone already is success.
   */
  discard(id: string, signal: AbortSignal): Promise<void>;
  /**
   * Only one that has the label of a drill, also while it runs, with its volumes that have no name. Another one is a
   * `conflict`; one that is gone already is success.
   */
  discardDrill(id: string, signal: AbortSignal): Promise<void>;
  /**
   * Resolves when a container that was started has ended by itself, with the tails of what it wrote, as its log driver
   * (`json-file`) has kept it. `silentMs`: for how long it may write nothing.
   */
  followToEnd(id: string, limits: StreamLimits): Promise<CommandEnd>;
  /** Limits and restart policy of a container that goes on running. */
  update(id: string, resources: Described, signal: AbortSignal): Promise<void>;
  connect(network: string, id: string, endpoint: Endpoint, signal: AbortSignal): Promise<void>;
  /** Also from a network that is gone. */
  disconnect(network: string, id: string, signal: AbortSignal): Promise<void>;
  /** `body` is that of the engine's own `POST /networks/create`. One that has its name already is a `conflict`. */
  createNetwork(body: Described, signal: AbortSignal): Promise<void>;
  /** Gives an image one more name, so that no clean-up takes it away as unused. */
  tag(image: string, repository: string, tag: string, signal: AbortSignal): Promise<void>;
  /** An empty one. One that has its name already is success when it has these very labels, else a `conflict`. */
  createVolume(name: string, labels: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void>;
  /**
   * With all that is in it, and only one that has these very labels: a `conflict` otherwise, and while a container has it.
   * One that is gone already is success.
   */
  removeVolume(name: string, labels: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void>;
}
