import type { Produced } from '../domain/backup.ts';
import type { Clients } from '../domain/clients.ts';
import { ActionError, messageOf } from '../domain/errors.ts';
import type { PodCommand } from '../domain/pod-streams.ts';
import { no, type Verdict, yes } from '../domain/verdict.ts';
import { endOf } from './end-of.ts';
import { runningServer } from './running-server.ts';
import type { ServerPlace } from './server-place.ts';

/** What a program beside a server writes, and what says that it is all. */
export interface ServerDump {
  readonly place: ServerPlace;
  readonly command: PodCommand;
  /** What the file is called in the snapshot. */
  readonly file: string;
  /** Whether the last bytes, up to 64 KiB, are the end of a whole one. */
  readonly isWhole: (tail: Buffer) => boolean;
}

/** For how long a dump may say nothing, ms: the server may have to wait for a lock before its first row. */
const silentMs = 10 * 60_000;

/** Begins it. Throws ActionError. */
export async function dumpOf(
  { place, command, file, isWhole }: ServerDump,
  clients: Clients,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<Produced> {
  const over = new AbortController();
  const server = await runningServer(place, clients, signal);
  const either = AbortSignal.any([signal, over.signal]);
  const [program] = command.argv;
  // Neither an engine nor a cluster ends a command: one that nobody reads any more would go on, and hold what it has locked.
  const argv = ['timeout', String(Math.ceil(timeoutMs / 1_000)), ...command.argv] as const;
  const output = await server.execOut({ argv }, { signal: either, silentMs });

  async function judged(bytes: number, tail: Buffer): Promise<Verdict> {
    const { exitCode } = await output.ended();
    if (exitCode !== 0) return no(`${program} in ${server.name} ended ${endOf(exitCode, output.stderr())}`);
    if (!isWhole(tail))
      return no(
        `${program} in ${server.name} ended well after ${bytes} bytes, but what it wrote has no end of its own`,
      );
    return yes(`${program} ended well after ${bytes} bytes`);
  }
  return {
    file,
    stream: output.stdout,
    stop: () => over.abort(new ActionError('the backup was ended', 'aborted', false)),
    whole: ({ bytes }, tail) =>
      judged(bytes, tail).catch((error: unknown) =>
        no(`how ${program} in ${server.name} ended, after ${bytes} bytes, is not known: ${messageOf(error)}`),
      ),
  };
}
