#!/usr/bin/env node
import { createInterface } from 'node:readline/promises';
import type { App } from './app.ts';
import { runCommand } from './cli/run-command.ts';
import { messageOf, UserError } from './domain/errors.ts';
import { createLogger, type Log } from './telemetry/log.ts';

/** How long a stop may take before it is forced, ms. */
const graceMs = 4_500;

const out = (line: string): void => void process.stdout.write(`${line}\n`);

const note = (line: string): void => void process.stderr.write(`${line}\n`);

// Whoever reads may have enough (`| head`): what goes on is not broken off by that.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

const broken = new AbortController();

/** What is aborted by the first Ctrl-C or SIGTERM from now on; a second one of the same kind ends us. */
function interrupted(): AbortSignal {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => broken.abort());
  return broken.signal;
}

/** Asks whoever sits at the terminal; undefined: nobody does. */
const confirm = process.stdin.isTTY
  ? async (question: string): Promise<string> => {
      const lines = createInterface({ input: process.stdin, output: process.stderr });
      // Ctrl-C and Ctrl-D close it, and leave the question open.
      const closed = new AbortController();
      lines.once('close', () => closed.abort());
      broken.signal.addEventListener('abort', () => lines.close());
      try {
        return await lines.question(question, { signal: closed.signal });
      } catch {
        throw new UserError('nothing was done');
      } finally {
        lines.close();
      }
    }
  : undefined;

/** One line that is written over and over, where somebody looks at it. */
const progress = process.stderr.isTTY
  ? (text: string): void => void process.stderr.write(`\r\u001b[2K${text}`)
  : undefined;

async function runServe(file: string | undefined): Promise<void> {
  const log = createLogger({ level: 'info' });
  // Imported late: check-config and explain start without it.
  const { serve } = await import('./cli/serve.ts');
  const app = await serve(file, process.env, log, (text) => void process.stderr.write(text));
  process.on('SIGHUP', () => void app.reload());
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(signal, log, app));
}

async function stop(signal: string, log: Log, app: App): Promise<void> {
  log.info(`stopping on ${signal}`);
  const forced = setTimeout(() => {
    log.error(`not stopped within ${graceMs / 1000} s: forced; what was begun goes on from its journal`);
    process.exit(1);
  }, graceMs);
  await app.stop();
  clearTimeout(forced);
  log.info('stopped');
  process.exit(0);
}

const terminal = { env: process.env, out, note, progress, confirm, interrupted, serve: runServe };

try {
  const code = await runCommand(process.argv.slice(2), terminal);
  if (code !== undefined) process.exitCode = code;
} catch (error) {
  const mine = error instanceof UserError || (error instanceof TypeError && 'code' in error);
  process.stderr.write(mine ? `${messageOf(error)}\n` : `${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(mine ? 2 : 1);
}
