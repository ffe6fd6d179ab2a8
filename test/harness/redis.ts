import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onFreePort, type RunningProcess, startProcess } from './process.ts';

export interface RedisOptions {
  /** Where it keeps its files; a new directory, removed by `stop`, when absent. */
  readonly dir?: string;
  /** Append-only file, flushed every second. True when absent. */
  readonly aof?: boolean;
  /** Further words of its command line: `['--maxmemory', '10mb']`. */
  readonly args?: readonly string[];
}

/** A real redis-server on 127.0.0.1 that belongs to one test. */
export interface RedisServer {
  /** `redis://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  /** Path of its unix socket. */
  readonly socket: string;
  /** Of the process that runs now; another one after `restart`. */
  readonly pid: number;
  readonly dir: string;
  /** Ends it by SIGKILL: what was not yet written to the disk is lost. */
  kill(): Promise<void>;
  /** Starts it again on the same port and files (stops it first when it runs). */
  restart(): Promise<void>;
  /** SIGSTOP: it takes connections and never answers. */
  pause(): void;
  resume(): void;
  /** Ends it and removes its directory when it made one. */
  stop(): Promise<void>;
}

/** Sends one inline command and resolves with the raw answer once `complete` says it is whole. */
function ask(port: number, command: string, complete: (answer: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let answer = '';
    socket.setTimeout(1_000, () => socket.destroy(new Error('no answer within 1,000 ms')));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`the connection ended early: ${answer}`)));
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      answer += chunk;
      if (!complete(answer)) return;
      resolve(answer);
      socket.destroy();
    });
    socket.write(`${command}\r\n`);
  });
}

/** The pid of the server that answers on a port; undefined while it loads its files. */
async function answeringPid(port: number): Promise<number | undefined> {
  const pong = await ask(port, 'PING', (answer) => answer.endsWith('\r\n'));
  if (!pong.startsWith('+PONG')) return undefined;
  const info = await ask(port, 'INFO server', (answer) => /process_id:\d+\r\n/.test(answer));
  return Number(/process_id:(\d+)/.exec(info)?.[1]);
}

/** Starts a redis-server and resolves once it is proved that the server that answers is this very one. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'paramedic-redis-')));
  const socket = join(dir, 'redis.sock');
  const removeDir = async () => {
    if (options.dir === undefined) await rm(dir, { recursive: true, force: true });
  };

  async function start(port: number): Promise<RunningProcess> {
    const settings = {
      bind: '127.0.0.1',
      port: String(port),
      unixsocket: socket,
      dir,
      appendonly: (options.aof ?? true) ? 'yes' : 'no',
      appendfsync: 'everysec',
      save: '',
      'maxmemory-policy': 'noeviction',
    };
    const args = Object.entries(settings).flatMap(([key, value]) => [`--${key}`, value]);
    const server = await startProcess('redis-server', [...args, ...(options.args ?? [])]);
    try {
      const pid = await server.until('an answer to PING', () => answeringPid(port), 10_000);
      if (pid !== server.pid) throw new Error(`port ${port} is answered by another redis-server (pid ${pid})`);
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  let port = 0;
  let server: RunningProcess;
  try {
    server = await onFreePort((free) => {
      port = free;
      return start(free);
    });
  } catch (error) {
    await removeDir();
    throw error;
  }

  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    socket,
    dir,
    get pid() {
      return server.pid;
    },
    async kill() {
      server.signal('SIGKILL');
      await server.end;
    },
    async restart() {
      await server.stop();
      server = await start(port);
    },
    pause: () => server.signal('SIGSTOP'),
    resume: () => server.signal('SIGCONT'),
    async stop() {
      await server.stop();
      await removeDir();
    },
  };
}
