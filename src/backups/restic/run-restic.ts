import { type ChildProcess, spawn } from 'node:child_process';
import { once, setMaxListeners } from 'node:events';
import { Duplex, type Readable, type Writable } from 'node:stream';
import { messageOf, UserError } from '../../domain/errors.ts';
import { eachLine } from '../each-line.ts';
import type { ResticEnvironment } from './restic-environment.ts';
import { messageOn, plainLine, type ResticMessage, sentenceOn } from './restic-message.ts';

/** Why we ended it: its time was over, nobody wants it any more, or its lock is gone and it only goes on trying. */
export type Stopped = 'timeout' | 'aborted' | 'lock-lost';

/** How a restic ended. */
export interface ResticEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stopped?: Stopped;
  /** After how long it was ended. */
  readonly timeoutMs: number;
  /** The end of what it said to people, without secrets. */
  readonly said: string;
  /** The same as it came. It is to be recognized, and never to be shown: "wrong password" when the password is "wrong". */
  readonly raw: string;
}

export interface ResticCall {
  /** With what comes before restic itself: `['setpriv', …, 'restic']`. */
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly environment: ResticEnvironment;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Whether something is written to it. */
  readonly stdin?: boolean;
  /** Whether stdout is the content of a file, and no lines. */
  readonly content?: boolean;
  readonly graceMs?: number | undefined;
  /** Each line of stdout; not with `content`. */
  readonly onLine?: (line: string) => void;
  /** Of stdout and of stderr: which one it is on differs from version to version. */
  readonly onMessage?: (message: ResticMessage) => void;
}

/** A restic that runs. */
export interface ResticProcess {
  readonly pid: number;
  /** Only with `stdin`. Its end makes a snapshot of what was written. */
  readonly stdin: Writable | null;
  /** Only with `content`. */
  readonly content: Readable | null;
  /** Resolves when it has ended and all of its output was read. Never rejects. */
  readonly ended: Promise<ResticEnd>;
  /** Ends it, without a snapshot. */
  stop(why: Stopped): void;
}

const graceMs = 5_000;
const closeAfterMs = 1_000;
const mostSaid = 8 * 1024;
/** A list of snapshots is one line. */
const longestLine = 64 * 1024 * 1024;

/** Nobody can bring a lock back: the repository was taken away, or unlocked by somebody. 0.14 tries for a minute. */
const lockLost = /^(Remove|Load)\(<lock\/\w+>.*(no such file or directory|does not exist|not found|\(404\))/;

/** Starts restic, without a shell and in a group of its own. Throws UserError when there is none. */
export async function startRestic(call: ResticCall): Promise<ResticProcess> {
  const { environment, timeoutMs } = call;
  const [program = 'restic', ...args] = [...call.command, ...call.args];
  const child = spawn(program, args, {
    env: environment.env,
    stdio: [call.stdin ? 'pipe' : 'ignore', 'pipe', 'pipe', ...environment.passwords.map(() => 'pipe' as const)],
    // What it starts (ssh, rclone) ends with it, and Ctrl-C at a terminal is for us alone.
    detached: true,
  });
  const closed = once(child, 'close').catch(() => undefined);
  await spawned(child);
  hand(environment.passwords, child);
  // It has died before it has read all; how it died is told by its end.
  child.stdin?.on('error', () => undefined);

  const ending = endingOf(child, call);
  const said = lastLines();
  const raw = lastLines();
  const onLine = (bytes: Buffer, isOutput: boolean): void => {
    const line = plainLine(bytes.toString('utf8'));
    if (line === '') return;
    if (lockLost.test(line)) ending.stop('lock-lost');
    if (isOutput) call.onLine?.(line);
    const message = call.onMessage && messageOn(line);
    if (message !== undefined) call.onMessage?.(message);
    const sentence = sentenceOn(line);
    raw.add(sentence);
    said.add(environment.redact(sentence));
  };
  const linesOf = async (output: Readable | null): Promise<void> => {
    if (output === null) return;
    await eachLine(output, (line) => onLine(line, output === child.stdout), longestLine).catch(() => 0);
  };
  const read = (call.content ? [child.stderr] : [child.stdout, child.stderr]).map(linesOf);
  const ended = Promise.all([closed, ...read]).then((): ResticEnd => {
    const { exitCode: code, signalCode: signal } = child;
    const stopped = ending.over();
    return { code, signal, timeoutMs, said: said.text(), raw: raw.text(), ...(stopped && { stopped }) };
  });
  return {
    pid: child.pid ?? 0,
    stdin: child.stdin,
    content: call.content ? child.stdout : null,
    ended,
    stop: ending.stop,
  };
}

/** Some KiB of what was said last. */
function lastLines(): { add(line: string): void; text(): string } {
  const lines: string[] = [];
  let length = 0;
  return {
    add(line) {
      if (line === '') return;
      const end = line.slice(-mostSaid);
      lines.push(end);
      for (length += end.length; length > mostSaid;) length -= lines.shift()?.length ?? 0;
    },
    text: () => lines.join('\n'),
  };
}

async function spawned(child: ChildProcess): Promise<void> {
  try {
    await once(child, 'spawn');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new UserError('restic is not installed: apt-get install restic', { cause: error });
    throw new UserError(`restic cannot be started: ${messageOf(error)}`, { cause: error });
  }
}

function hand(passwords: readonly string[], child: ChildProcess): void {
  for (const [index, password] of passwords.entries()) {
    const pipe = child.stdio[3 + index];
    if (!(pipe instanceof Duplex)) continue;
    pipe.on('error', () => undefined);
    pipe.resume();
    pipe.end(password);
  }
}

/** Everything that can end it, and that nothing of it is left afterwards. */
function endingOf(child: ChildProcess, call: ResticCall) {
  const timers: NodeJS.Timeout[] = [];
  let stopped: Stopped | undefined;
  let hasEnded = false;
  const kill = (signal: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // All of them have ended.
    }
  };
  const stop = (why: Stopped): void => {
    if (hasEnded || stopped !== undefined) return;
    stopped = why;
    if (why === 'lock-lost') return kill('SIGKILL');
    // TERM would leave its lock behind (0.14).
    kill('SIGINT');
    // The end of its stdin makes a snapshot, so it is left open to one that ends at once (0.14). One that knows by now
    // that it has to end, and waits for its stdin, keeps nothing (0.18).
    timers.push(setTimeout(() => child.stdin?.destroy(), Math.min(closeAfterMs, call.graceMs ?? graceMs)));
    timers.push(setTimeout(() => kill('SIGKILL'), call.graceMs ?? graceMs));
  };
  const abort = (): void => stop('aborted');
  timers.push(setTimeout(() => stop('timeout'), call.timeoutMs));
  child.once('exit', () => {
    hasEnded = true;
    kill('SIGKILL');
    for (const timer of timers) clearTimeout(timer);
    call.signal?.removeEventListener('abort', abort);
  });
  if (call.signal) {
    // Many listeners on one signal are no leak: each is taken away again.
    setMaxListeners(0, call.signal);
    call.signal.addEventListener('abort', abort);
    if (call.signal.aborted) abort();
  }
  return { stop, over: () => stopped };
}
