import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';

export interface ProcessOptions {
  /** What to call it in errors; the command when absent. */
  readonly name?: string;
  readonly cwd?: string;
  /** Added to our own environment; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A child process that a test started. */
export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  /** Complete lines of stdout and stderr so far, in the order they came. */
  readonly lines: readonly string[];
  /** Undefined while it runs; afterwards a phrase: `exited with code 1`, `was killed by SIGKILL`. */
  ended(): string | undefined;
  /** Resolves, with the same phrase, when it has ended. */
  readonly end: Promise<string>;
  /** Sends a signal; nothing happens when it has ended. */
  signal(signal: NodeJS.Signals): void;
  /** The first line, past or future, that passes. Rejects when the process ends or the time is over. */
  waitForLine(test: (line: string) => boolean, timeoutMs?: number): Promise<string>;
  /** Polls until the answer is not undefined. Rejects when the process ends or the time is over. */
  until<T>(what: string, probe: () => Promise<T | undefined>, timeoutMs?: number): Promise<T>;
  /** TERM, and KILL when it has not ended after `graceMs` (5,000). Resolves when it has ended. */
  stop(graceMs?: number): Promise<void>;
}

const alive = new Set<ChildProcess>();
// A test run that is cut short must not leave its servers behind.
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

const tailOf = (lines: readonly string[]): string => lines.slice(-15).join('\n');

/** Starts a program and resolves once the system has started it; rejects when there is no such program. */
export async function startProcess(
  command: string,
  args: readonly string[],
  options: ProcessOptions = {},
): Promise<RunningProcess> {
  const name = options.name ?? command;
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of listeners) listener();
  };
  let ending: string | undefined;
  const end = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      alive.delete(child);
      ending = signal === null ? `exited with code ${code}` : `was killed by ${signal}`;
      resolve(ending);
      tell();
    });
  });
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts);
      tell();
    });
  }
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => reject(new Error(`${name} could not be started: ${error.message}`)));
  });
  alive.add(child);
  const pid = child.pid ?? 0;

  const failure = (what: string) =>
    new Error(`${name} (pid ${pid}) ${ending ?? 'runs'}, ${what}. Its last lines:\n${tailOf(lines)}`);

  return {
    name,
    pid,
    lines,
    ended: () => ending,
    end,
    signal: (signal) => {
      if (ending === undefined) child.kill(signal);
    },
    waitForLine(test, timeoutMs = 20_000) {
      return new Promise((resolve, reject) => {
        let next = 0;
        const finish = () => {
          clearTimeout(timer);
          listeners.delete(look);
        };
        const look = () => {
          for (; next < lines.length; next++) {
            const line = lines[next] ?? '';
            if (!test(line)) continue;
            finish();
            return resolve(line);
          }
          if (ending === undefined) return;
          finish();
          reject(failure('and the awaited line did not come'));
        };
        const timer = setTimeout(() => {
          finish();
          reject(failure(`and the awaited line did not come within ${timeoutMs} ms`));
        }, timeoutMs);
        listeners.add(look);
        look();
      });
    },
    async until(what, probe, timeoutMs = 20_000) {
      const deadline = Date.now() + timeoutMs;
      let last = '';
      for (;;) {
        if (ending !== undefined) throw failure(`and ${what} did not come about`);
        try {
          const answer = await probe();
          if (answer !== undefined) return answer;
        } catch (error) {
          last = error instanceof Error ? ` (${error.message})` : '';
        }
        if (Date.now() > deadline) throw failure(`and ${what} did not come about within ${timeoutMs} ms${last}`);
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    },
    async stop(graceMs = 5_000) {
      if (ending !== undefined) return;
      child.kill('SIGTERM');
      // A stopped process takes no TERM before it is continued.
      child.kill('SIGCONT');
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await end;
      clearTimeout(timer);
    },
  };
}

/** A TCP port of 127.0.0.1 that nobody listens on now. Another process may take it first: be ready to ask again. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return address.port;
}

/** Runs `start` with a fresh port until it does not fail, five times at most: another process can take a free port. */
export async function onFreePort<T>(start: (port: number) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    const port = await freePort();
    try {
      return await start(port);
    } catch (error) {
      if (tries === 5) throw error;
    }
  }
}
