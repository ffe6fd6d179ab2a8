import { constants } from 'node:os';
import type { CommandEnd } from '../domain/docker-streams.ts';
import { ActionError } from '../domain/errors.ts';
import type { Probed, Scratch } from './source-kind.ts';
import { runCommand } from './sources/command/run-command.ts';

const mostOutput = 8 * 1024;

/** A folder of this machine as a scratch place: a probe of it is a program that is run in there. */
export const scratchFolder = (folder: string, does: Pick<Scratch, 'fill' | 'look'>): Scratch => ({
  ...does,
  run: (asked, signal) => runThere(asked, folder, signal),
  // Whoever made the folder removes it.
  remove: () => Promise.resolve(),
});

async function runThere(asked: Probed, folder: string, signal: AbortSignal): Promise<CommandEnd> {
  if ('query' in asked)
    throw new ActionError(
      'files answer no query: a probe of them names a command, which is run in their folder',
      'bad-request',
      false,
    );
  const running = await runCommand(asked.command, {}, signal, folder);
  let stdout = '';
  for await (const text of running.stdout.setEncoding('utf8')) stdout = (stdout + String(text)).slice(-mostOutput);
  const ended = await running.ended;
  if (signal.aborted)
    throw new ActionError(`${asked.command[0]} was ended before its end`, 'aborted', true, signal.reason);
  // As a shell tells of one that a signal has killed.
  const exitCode = typeof ended === 'number' ? ended : 128 + constants.signals[ended];
  return { exitCode, stdout, stderr: running.complaint() };
}
