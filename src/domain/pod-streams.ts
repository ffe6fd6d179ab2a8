import type { Readable } from 'node:stream';
import type { Command, CommandEnd, CommandOutput, StreamLimits } from './docker-streams.ts';
import type { Place } from './kubernetes-client.ts';

/** A container of a pod. */
export interface PodPlace extends Place {
  readonly container: string;
}

/** The API runs a program as the container's own user, with its variables and in its folder, and in no other way. */
export type PodCommand = Pick<Command, 'argv'>;

/**
 * Commands in pods, with backpressure: what is held does not grow with what goes through. Every method throws ActionError;
 * the API has 30 s to begin. Needs `create` of `pods/exec`, and `get` on a cluster older than Kubernetes 1.35.
 */
export interface PodStreams {
  /**
   * As `DockerStreams.execOut`, but a connection that breaks is told in any case: the API says last how the process ended,
   * and where it has not said that, `stdout` errs. What is no program has 126 or 127, and nothing on `stdout`.
   */
  execOut(pod: PodPlace, command: PodCommand, limits: StreamLimits): Promise<CommandOutput>;
  /**
   * As `DockerStreams.execIn`; the API closes the input of the process however a connection ends. Kubernetes 1.30 or newer:
   * older ones can not tell a process that its input is over, and refuse before it runs (`bad-request`). The container has to
   * have `sh` and `cat`. That a container died in the middle of its input is told by its silence only.
   */
  execIn(pod: PodPlace, command: PodCommand, stdin: Readable, limits: StreamLimits): Promise<CommandEnd>;
}
