import type { Produced } from '../domain/backup.ts';
import type { Clients } from '../domain/clients.ts';
import type { Command } from '../domain/docker-streams.ts';
import { ActionError, messageOf } from '../domain/errors.ts';
import { no, type Verdict, yes } from '../domain/verdict.ts';
import { runningContainer } from './container-of.ts';
import { endOf } from './end-of.ts';

/** What a program inside a container writes, and what says that it is all. */
export interface ContainerDump {
  /** The key of the container. */
  readonly container: string;
  readonly command: Command;
  /** What the file is called in the snapshot. */
  readonly file: string;
  /** Whether the last bytes, up to 64 KiB, are the end of a whole one. */
  readonly isWhole: (tail: Buffer) => boolean;
}

/** For how long a dump may say nothing, ms: the server may have to wait for a lock before its first row. */
const silentMs = 10 * 60_000;

/** Begins it. Throws ActionError. */
export async function dumpOf(
  { container: key, command, file, isWhole }: ContainerDump,
  clients: Clients,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<Produced> {
  const over = new AbortController();
  const { docker, container } = await runningContainer(key, clients, signal);
  const either = AbortSignal.any([signal, over.signal]);
  const [program] = command.argv;
  // An engine ends no command: one that nobody reads any more would go on, and hold what it has locked.
  const argv = ['timeout', String(Math.ceil(timeoutMs / 1_000)), ...command.argv] as const;
  const output = await docker.execOut(container.id, { ...command, argv }, { signal: either, silentMs });

  async function judged(bytes: number, tail: Buffer): Promise<Verdict> {
    const { exitCode } = await output.ended();
    if (exitCode !== 0) return no(`${program} in ${container.name} ended ${endOf(exitCode, output.stderr())}`);
    if (!isWhole(tail))
      return no(
        `${program} in ${container.name} ended well after ${bytes} bytes, but what it wrote has no end of its own`,
      );
    return yes(`${program} ended well after ${bytes} bytes`);
  }
  return {
    file,
    stream: output.stdout,
    stop: () => over.abort(new ActionError('the backup was ended', 'aborted', false)),
    whole: ({ bytes }, tail) => judged(bytes, tail).catch((error: unknown) => no(messageOf(error))),
  };
}
