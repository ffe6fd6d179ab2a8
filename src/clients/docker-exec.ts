import { finished } from 'node:stream';
import type Dockerode from 'dockerode';
import { z } from 'zod';
import type { Command, DockerStreams } from '../domain/docker-streams.ts';
import { ActionError } from '../domain/errors.ts';
import { converse } from './docker-converse.ts';
import { dial, dialConnection, dialStream, type DialledStream } from './docker-dial.ts';
import { abortedError } from './docker-errors.ts';
import { outputLook } from './docker-output.ts';
import type { DockerAsk } from './docker-reads.ts';
import { givenUpError, streamError } from './docker-stream-errors.ts';
import { handedOn } from './handed-on.ts';
import { keptTail } from './kept-tail.ts';
import { endedBy, unheard } from './pulled.ts';

const readMs = 2_000;
const beginMs = 30_000;
const tailBytes = 8 * 1024;

const withId = z.object({ Id: z.string() });
const ending = z.object({ Running: z.boolean(), ExitCode: z.number().nullish() });

/** Commands in containers. Part of the client of an engine. */
export function dockerExec(
  docker: Dockerode,
  { ask, read, asked }: DockerAsk,
): Pick<DockerStreams, 'execOut' | 'execIn'> {
  /** The request that starts it. */
  async function prepare(act: string, id: string, command: Command, hasInput: boolean, signal: AbortSignal) {
    const path = `/containers/${encodeURIComponent(id)}/exec`;
    const body = {
      AttachStdin: hasInput,
      AttachStdout: true,
      AttachStderr: true,
      // A terminal would turn newlines into two bytes, and make one stream of two.
      Tty: false,
      Cmd: command.argv,
      ...(command.user !== undefined && { User: command.user }),
      ...(command.env && { Env: Object.entries(command.env).map(([name, value]) => `${name}=${value}`) }),
      ...(command.workdir !== undefined && { WorkingDir: command.workdir }),
    };
    const answer = await ask(act, beginMs, signal, (abort) => dial(docker, { method: 'POST', path, body }, abort));
    const exec = `/exec/${encodeURIComponent(read(act, answer, (value) => withId.parse(value)).Id)}`;
    const start: DialledStream = { method: 'POST', path: `${exec}/start`, body: { Detach: false, Tty: false } };
    return { exec, start };
  }

  /** How it ended, as only the engine knows. */
  async function exitOf(exec: string, what: string, signal: AbortSignal): Promise<number> {
    const act = `tell how ${what} ended`;
    const { Running, ExitCode } = await ask(act, readMs, signal, (abort) =>
      dial(docker, { method: 'GET', path: `${exec}/json` }, abort),
    ).then((answer) => read(act, answer, (value) => ending.parse(value)), unlessForgotten);
    const { engine } = asked(act);
    if (Running) {
      const told = `${what} runs still, but docker engine ${engine} passes on no more of its output`;
      throw new ActionError(`${told}: the connection broke off`, 'unreachable', true);
    }
    if (typeof ExitCode === 'number') return ExitCode;
    throw new ActionError(`docker engine ${engine} knows no exit code of ${what}`, 'server-error', true);
  }

  return {
    execOut: async (id, command, { signal, silentMs }) => {
      const what = `${command.argv[0]} in ${id}`;
      const act = `run ${what}`;
      const { exec, start } = await prepare(act, id, command, false, signal);
      const answer = await ask(act, beginMs, signal, (abort) => dialStream(docker, start, abort));
      const stderr = keptTail(tailBytes);
      const failure = (error: unknown): Error => streamError(asked(act), error);
      const stdout = handedOn(answer, { look: outputLook(stderr), silentMs, failure });
      endedBy(signal, stdout, () => abortedError(asked(act), signal.reason));
      const over = new Promise<void>((resolve, reject) => {
        finished(stdout, { writable: false }, (error) => {
          if (error === undefined || error === null) resolve();
          else reject(error instanceof ActionError ? error : givenUpError(asked(act), error));
        });
      });
      // Whoever does not ask is not told.
      over.catch(() => undefined);
      return {
        stdout,
        stderr: () => stderr.text(),
        ended: async () => {
          await over;
          return { exitCode: await exitOf(exec, what, signal) };
        },
      };
    },

    execIn: async (id, command, stdin, { signal, silentMs }) => {
      const what = `${command.argv[0]} in ${id}`;
      const act = `run ${what}`;
      unheard(stdin);
      try {
        const { exec, start } = await prepare(act, id, command, true, signal);
        const connection = await ask(act, beginMs, signal, (abort) => dialConnection(docker, start, abort));
        endedBy(signal, unheard(connection), () => abortedError(asked(act), signal.reason));
        const [stdout, stderr] = [keptTail(tailBytes), keptTail(tailBytes)];
        const wasTaken = await converse(connection, stdin, { stdout, stderr, silentMs }).catch((error: unknown) => {
          throw streamError(asked(act), error);
        });
        const exitCode = await exitOf(exec, what, signal);
        // Half of a restore that says it is well is the one thing that must not pass.
        if (exitCode === 0 && !wasTaken) {
          const said = `${what} ended with 0 before it had been given all of its input`;
          throw new ActionError(`${said}, says docker engine ${asked(act).engine}`, 'conflict', false);
        }
        return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
      } finally {
        stdin.destroy();
      }
    },
  };
}

/** An engine knows a command for as long as its container is there, and it has not been restarted. */
function unlessForgotten(error: unknown): never {
  if (!(error instanceof ActionError) || error.reason !== 'not-found') throw error;
  const why = 'its container was removed, the engine was restarted, or it ended more than five minutes ago';
  throw new ActionError(`${error.message}: ${why}`, error.reason, error.retryable, error);
}
