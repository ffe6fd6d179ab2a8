import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { busyboxImage } from './docker-image.ts';
import { dockerSocket } from './docker-socket.ts';

const second = 1_000_000_000;

export interface ContainerOptions {
  readonly labels?: Readonly<Record<string, string>>;
  /** Seconds between TERM and KILL; the engine's default (10) when absent. */
  readonly stopTimeoutS?: number;
  /** Further fields of the engine's own `POST /containers/create`. */
  readonly create?: Partial<Docker.ContainerCreateOptions>;
}

/** One container of a test. */
export interface TestContainer {
  readonly id: string;
  readonly name: string;
  inspect(): Promise<Docker.ContainerInspectInfo>;
  kill(signal?: string): Promise<void>;
  /** Its health check fails from now on, until it is restarted. Only for `web`. */
  hang(): Promise<void>;
  /** Takes that back from outside: its health check passes again without a restart. */
  heal(): Promise<void>;
  /** Polls `inspect` until it has this status, and this health when one is given. */
  until(status: string, health?: string, timeoutMs?: number): Promise<void>;
}

/** Makes containers whose names begin with a random prefix, and takes all of them away again. */
export interface Containers {
  readonly docker: Docker;
  readonly prefix: string;
  /** A small web server whose health check asks it for its page each second (unhealthy after two failures). */
  web(name: string, options?: ContainerOptions): Promise<TestContainer>;
  /** The same, but it hangs from its start on: a restart is no cure, only `heal` is. */
  hopeless(name: string, options?: ContainerOptions): Promise<TestContainer>;
  /** It ignores TERM: stopping it takes the whole stop timeout. No health check. */
  stubborn(name: string, options?: ContainerOptions): Promise<TestContainer>;
  /** Any command, no health check. */
  run(name: string, command: readonly string[], options?: ContainerOptions): Promise<TestContainer>;
  removeAll(): Promise<void>;
}

// While the file is there the page cannot be had. Where the start command takes it away, a restart is a cure.
const serve = (first: 'rm -f' | 'touch') =>
  `mkdir -p /run /www; ${first} /run/hung; echo well > /www/index.html; exec httpd -f -p 8080 -h /www`;
const ask = "test ! -e /run/hung && printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 1 127.0.0.1 8080 | grep -q well";

/** `socket`: of the engine itself, not of a proxy before it. */
export async function testContainers(socket = dockerSocket()): Promise<Containers> {
  const docker = new Docker({ socketPath: socket });
  const image = await busyboxImage(docker);
  const prefix = `pm${randomBytes(4).toString('hex')}`;
  const made: string[] = [];

  async function run(
    name: string,
    command: readonly string[],
    options: ContainerOptions = {},
    create: Partial<Docker.ContainerCreateOptions> = {},
  ): Promise<TestContainer> {
    const full = `${prefix}-${name}`;
    const container = await docker.createContainer({
      name: full,
      Image: image,
      Cmd: [...command],
      Labels: { ...options.labels },
      ...(options.stopTimeoutS === undefined ? {} : { StopTimeout: options.stopTimeoutS }),
      ...create,
      ...options.create,
      HostConfig: { NetworkMode: 'none', ...create.HostConfig, ...options.create?.HostConfig },
    });
    made.push(container.id);
    await container.start();
    return handle(docker, container.id, full);
  }

  const checked = (name: string, command: string, options: ContainerOptions | undefined) =>
    run(name, ['sh', '-c', command], options, {
      Healthcheck: { Test: ['CMD-SHELL', ask], Interval: second, Timeout: 2 * second, Retries: 2 },
    });

  return {
    docker,
    prefix,
    run: (name, command, options) => run(name, command, options),
    web: (name, options) => checked(name, serve('rm -f'), options),
    hopeless: (name, options) => checked(name, serve('touch'), options),
    stubborn: (name, options) => run(name, ['sh', '-c', "trap '' TERM; while true; do sleep 1; done"], options),
    async removeAll() {
      const ids = made.splice(0);
      const gone = await Promise.allSettled(ids.map((id) => docker.getContainer(id).remove({ force: true, v: true })));
      for (const result of gone) {
        if (result.status === 'rejected' && !/no such container/i.test(String(result.reason))) throw result.reason;
      }
    },
  };
}

function handle(docker: Docker, id: string, name: string): TestContainer {
  const container = docker.getContainer(id);
  async function exec(...Cmd: string[]): Promise<void> {
    const made = await container.exec({ Cmd });
    await made.start({ Detach: true });
  }
  return {
    id,
    name,
    inspect: () => container.inspect(),
    kill: async (signal = 'SIGKILL') => {
      await container.kill({ signal });
    },
    hang: () => exec('touch', '/run/hung'),
    heal: () => exec('rm', '-f', '/run/hung'),
    async until(status, health, timeoutMs = 30_000) {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const { State } = await container.inspect();
        if (State.Status === status && (health === undefined || State.Health?.Status === health)) return;
        if (Date.now() > deadline) {
          const now = `${State.Status}, health ${State.Health?.Status ?? 'unknown'}`;
          throw new Error(`${name} is ${now}; it was to be ${status} ${health ?? ''} within ${timeoutMs} ms`);
        }
        await sleep(50);
      }
    },
  };
}
