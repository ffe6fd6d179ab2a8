import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { onFreePort, type ProcessOptions, type RunningProcess, startProcess } from './process.ts';

export interface ParamedicOptions {
  /** The configuration file without `listen` and `data_dir`, which are added to it. */
  readonly config: string;
  readonly env?: NonNullable<ProcessOptions['env']>;
}

/** One line of its log; a line that is no JSON is `{msg}`. */
export type LogLine = Readonly<Record<string, unknown>>;

/** A built Paramedic that serves on 127.0.0.1, with a data directory of its own. */
export interface Paramedic {
  readonly url: string;
  readonly port: number;
  /** Of the process that runs now; another one after `restart`. */
  readonly pid: number;
  readonly dataDir: string;
  /** The webhook's bearer token, and the file it is in. */
  readonly token: string;
  readonly tokenFile: string;
  /** Of the queue UI's user `paramedic`. */
  readonly uiPassword: string;
  /** Lines of this process and of those before it. */
  log(): readonly LogLine[];
  /** The first line, past or future, of the process that runs now. */
  waitForLog(test: (line: LogLine) => boolean, timeoutMs?: number): Promise<LogLine>;
  signal(signal: NodeJS.Signals): void;
  /** Resolves, with how it ended, when the process that runs now has ended. */
  ended(): Promise<string>;
  /** Ends it by SIGKILL. */
  kill(): Promise<void>;
  /** Ends it by TERM and keeps its data. */
  halt(): Promise<void>;
  /** Starts it again with the same port, data and configuration; resolves when it is ready. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** PARAMEDIC_MAIN: another build than that of this repository. */
const builtMain = process.env['PARAMEDIC_MAIN'] ?? fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const objectShape = z.record(z.string(), z.unknown());

function parseLine(line: string): LogLine {
  try {
    return objectShape.parse(JSON.parse(line));
  } catch {
    return { msg: line };
  }
}

async function serve(file: string, port: number, options: ParamedicOptions): Promise<RunningProcess> {
  const args = [builtMain, 'serve', '--config', file];
  const server = await startProcess(process.execPath, args, {
    name: 'paramedic',
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  try {
    const isReady = async () => (await fetch(`http://127.0.0.1:${port}/-/ready`)).ok || undefined;
    // It reads some 100 MB of programs: where others are busy too, that takes its time.
    await server.until('readiness', isReady, 60_000);
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Starts `node dist/main.js serve` and resolves once `/-/ready` answers 200. */
export async function startParamedic(options: ParamedicOptions): Promise<Paramedic> {
  const dataDir = await mkdtemp(join(tmpdir(), 'paramedic-data-'));
  const file = join(dataDir, 'paramedic.yml');
  const secret = async (name: string) => (await readFile(join(dataDir, name), 'utf8')).trim();
  let port = 0;
  let server: RunningProcess;
  try {
    server = await onFreePort(async (free) => {
      port = free;
      const own = `listen: 127.0.0.1:${port}\ndata_dir: ${JSON.stringify(dataDir)}\n`;
      await writeFile(file, `${own}${options.config}`);
      return serve(file, port, options);
    });
  } catch (error) {
    await rm(dataDir, { recursive: true, force: true });
    throw error;
  }
  const earlier: LogLine[] = [];
  const token = await secret('webhook-token');
  const uiPassword = await secret('queue-ui-password');

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    dataDir,
    token,
    tokenFile: join(dataDir, 'webhook-token'),
    uiPassword,
    get pid() {
      return server.pid;
    },
    log: () => [...earlier, ...server.lines.map(parseLine)],
    waitForLog: async (test, timeoutMs) =>
      parseLine(await server.waitForLine((line) => test(parseLine(line)), timeoutMs)),
    signal: (signal) => server.signal(signal),
    ended: () => server.end,
    async kill() {
      server.signal('SIGKILL');
      await server.end;
    },
    halt: () => server.stop(),
    async restart() {
      await server.stop();
      earlier.push(...server.lines.map(parseLine));
      server = await serve(file, port, options);
    },
    async stop() {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
