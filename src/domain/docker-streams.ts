import type { Readable } from 'node:stream';

/** What is run inside a container. Without a shell, and without a terminal: what it writes comes as it was written. */
export interface Command {
  /** The program and its arguments. Messages name the program only: arguments may hold secrets. */
  readonly argv: readonly [string, ...string[]];
  /** `postgres`, `1000:1000`; the container's own when absent. */
  readonly user?: string;
  /** Beside the container's own. The engine shows them to nobody who asks it for the command. */
  readonly env?: Readonly<Record<string, string>>;
  readonly workdir?: string;
}

/** What ends a stream that has no time of its own. */
export interface StreamLimits {
  /** Once it aborts the connection is destroyed and the reason is `aborted`. What runs inside the container goes on. */
  readonly signal: AbortSignal;
  /**
   * How long the engine may let us wait for a byte that it is to send or to take, ms: a paused container, a process that
   * hangs, a network that has forgotten us. Then the connection is destroyed and the reason is `timeout`. Time that the
   * other side takes (a slow reader of what we hand out, a slow writer of what we pass on) does not count.
   */
  readonly silentMs: number;
}

/** A command that runs. */
export interface CommandOutput {
  /**
   * Its standard output. No more is taken from the engine than is read here. Its end is no success: a process that was
   * killed, a container that was removed and an engine that died end it alike; ask `ended`. Errors with ActionError where
   * it breaks off in the middle of what the engine was saying, is silent or is aborted. Destroying it ends the connection.
   */
  readonly stdout: Readable;
  /**
   * Once all of `stdout` was read: how the process ended. Throws ActionError when `stdout` has erred or was destroyed, when
   * the process runs still (the connection broke off), and when the engine does not know or can not be asked (the container
   * was removed, the engine has died; it forgets commands five minutes after their end). A killed process has 137.
   * What is no program has 126 or 127, and the engine's complaint is on `stdout`: read no output of a code that is not 0.
   * A connection that a proxy cut off between two of the engine's frames is not told from an end: where it matters, look for
   * what the program says last.
   */
  ended(): Promise<{ readonly exitCode: number }>;
  /** The last 8 KiB of its standard error so far. May hold secrets. */
  stderr(): string;
}

/** How a command with an input has ended. */
export interface CommandEnd {
  readonly exitCode: number;
  /** The last 8 KiB. May hold secrets. */
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Large things into and out of containers, with backpressure: what is held does not grow with what goes through. Every
 * method throws ActionError; the engine has 30 s to begin.
 */
export interface DockerStreams {
  /** Resolves when it runs. Only in a container that runs and is not paused: a `conflict` otherwise. */
  execOut(id: string, command: Command, limits: StreamLimits): Promise<CommandOutput>;
  /**
   * Runs a command with `stdin` as its input, and resolves with its exit code when it has ended by itself, be it before the
   * end of its input; with 0 only when its input had been passed on whole. Rejects when `stdin` errs or is destroyed
   * before its end. The engine then closes the input of the process all the same, as it does however a connection ends: to
   * the process half looks like the whole. Who can not bear that has to end the process before `stdin` errs.
   */
  execIn(id: string, command: Command, stdin: Readable, limits: StreamLimits): Promise<CommandEnd>;
  /**
   * A tar of a file or folder of a container, its mounts too; of a container that was never started as well. Errs where it
   * has no proper end: an engine that reads a file that shrinks meanwhile ends its answer as if all were well, and leaves
   * out the rest. What it can not open it leaves out without a word; of a file that grows it is the beginning; holes are
   * filled with zeros; of the extended attributes there are those of capabilities only.
   *
   * The folder is an entry of its own, and only so its owner and mode are told, unless the path ends in `/.`.
   *
   * The engine locks the container until the tar is read or destroyed: to look at it, to stop it and to run a command in it
   * wait for that long. Ask for a volume by a container of your own that is never started.
   */
  archive(id: string, path: string, limits: StreamLimits): Promise<Readable>;
  /**
   * Unpacks an uncompressed tar in an existing folder of a container, with the owners that it tells (`copyUIDGID`: all are
   * the container's user instead); what it does not name stays. An archive of `/v` is put back, with the owner and mode of
   * `/v` itself, into `/`. An engine leaves out set-user-ID where a file has two names.
   *
   * Resolves when the engine says that it has it. A tar that errs, or ends without its end marker, has no end for the engine
   * either; what came before is there by then. 403 or 500 for a mount that is read-only.
   */
  putArchive(
    id: string,
    path: string,
    tar: Readable,
    limits: StreamLimits & { readonly copyUIDGID?: boolean },
  ): Promise<void>;
}
