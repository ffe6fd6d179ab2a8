import type { Content, Dependency, Version } from '../domain/known-good.ts';

/** One object as its platform tells it now. */
export interface SeenObject {
  readonly key: string;
  readonly content: Content;
  /** `at` and `by` as far as the platform tells them. */
  readonly version: Version;
}

/**
 * What the watch of one platform tells of it. The recorder keeps the versions, and stamps. Every method returns at once and
 * never throws: the recorder works through it behind.
 */
export interface Recorder {
  /** Told first: only objects of these kinds are watched. What is remembered of others, from before, is forgotten. */
  only(kinds: readonly string[]): void;
  /** All objects of one kind (`configmap`) there are: those of that kind that are not among them are gone. */
  replaced(kind: string, all: readonly SeenObject[]): void;
  seen(object: SeenObject): void;
  /** `at` ms since the epoch. */
  gone(key: string, at: number): void;
  /** What a target depends on, each time it is another. Undefined: there is no such target any more. */
  graph(target: string, graph: readonly Dependency[] | undefined): void;
  /**
   * Since when the target has been well without a break, in which none of its containers ended, ms since the epoch;
   * undefined: it is not well.
   */
  health(target: string, wellSince: number | undefined): void;
  /** The namespace was deleted, or another one has its name: all that was remembered of it is forgotten. */
  forget(prefix: string): void;
  /** What is told is current from now on. */
  current(): void;
  /** What was told may be old from now on: why is a sentence. */
  interrupted(why: string): void;
}

/** The watch over one platform: runs until the signal aborts, mends what time mends, and does not reject. */
export interface PlatformWatch {
  /** `kubernetes/prod`, `docker/edge-1`: what all its keys begin with. */
  readonly place: string;
  run(recorder: Recorder, signal: AbortSignal): Promise<void>;
}
