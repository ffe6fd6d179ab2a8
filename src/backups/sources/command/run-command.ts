import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { ActionError } from '../../../domain/errors.ts';
import { defaultPath } from '../../restic/restic-environment.ts';

/** A program that was started, and what it says. */
export interface Running {
  readonly stdout: Readable;
  /** The end of what it wrote on stderr, 4 KB at most. */
  complaint(): string;
  /** How it ended: its exit code, or the signal that killed it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Kills it with all that it has started. */
  kill(): void;
}

const mostComplaint = 4_096;

/**
 * Starts a program, without a shell: nothing in its arguments means anything to anybody else. It gets the variables that
 * are named and a PATH, and none of ours, which may hold secrets. `cwd`: our own folder when absent. Throws ActionError when it cannot be started.
 */
export async function runCommand(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
  cwd?: string,
): Promise<Running> {
  const [program = '', ...rest] = argv;
  const child = spawn(program, rest, {
    env: { PATH: defaultPath, ...env },
    ...(cwd !== undefined && { cwd }),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: what it starts (ssh, a shell's children) ends with it.
    detached: true,
  });
  const kill = (): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  };
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-mostComplaint);
  });
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('close', (code, killedBy) => resolve(code ?? killedBy ?? 1));
  });
  try {
    await once(child, 'spawn');
  } catch (error) {
    const why =
      error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'there is no such program' : String(error);
    throw new ActionError(`${program} cannot be started: ${why}`, 'not-found', false, error);
  }
  if (signal.aborted) kill();
  signal.addEventListener('abort', kill, { once: true });
  void ended.then(() => signal.removeEventListener('abort', kill));
  return { stdout: child.stdout, complaint: () => complaint.trim(), ended, kill };
}
