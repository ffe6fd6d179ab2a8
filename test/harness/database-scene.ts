import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { isPaths, type Restorable, type Scratch, type SourceKind } from '../../src/backups/source-kind.ts';
import { createDockerClient } from '../../src/clients/docker.ts';
import type { Clients, DockerClient } from '../../src/domain/clients.ts';
import type { Shape } from '../../src/domain/recovery-point.ts';
import { type Containers, type TestContainer, testContainers } from './containers.ts';
import { databaseImage } from './database-images.ts';
import type { DatabaseKind } from './database-recipes.ts';
import { watchEvents } from './docker-events.ts';
import { dockerSocket } from './docker-socket.ts';
import { inPieces } from './restic-scene.ts';

/** Real databases in containers, and sources that back them up. */
export interface DatabaseScene {
  readonly containers: Containers;
  readonly docker: DockerClient;
  readonly clients: Clients;
  readonly signal: AbortSignal;
  /** A server that answers; `env`: `{POSTGRES_PASSWORD: 'x'}`. */
  server(kind: DatabaseKind, name: string, create?: ServerOptions): Promise<TestContainer>;
  /** What a program in a container writes, once it has ended with 0; throws what it complained of. */
  said(container: TestContainer, argv: readonly [string, ...string[]], input?: string): Promise<string>;
  /** A backup of it, read whole. */
  backup(kind: SourceKind, params: unknown): Promise<Content>;
  /** An empty place for it, which is removed at the end in any case. */
  scratch(kind: SourceKind, params: unknown): Promise<Scratch>;
  key(container: TestContainer): string;
  /** Does that, and answers what there is on the engine then that was not before, or the other way round, and what was done to that container, but for commands in it. */
  traces(container: TestContainer, work: () => Promise<void>): Promise<Traces>;
  /** Names of all that is on the engine, of containers and volumes. */
  things(): Promise<readonly string[]>;
  remove(): Promise<void>;
}

export interface Traces {
  readonly things: readonly string[];
  readonly actions: readonly string[];
}
export const noTraces: Traces = { things: [], actions: [] };

export interface ServerOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly argv?: readonly string[];
  readonly binds?: readonly string[];
  readonly network?: string;
}

/** What was backed up, for who brings it back. */
export interface Content extends Restorable {
  readonly bytes: Buffer;
  readonly shape: Shape;
  /** The same, but it breaks after so many bytes. */
  brokenAt(bytes: number): Restorable;
}

const ready: Readonly<Record<DatabaseKind, readonly [string, ...string[]]>> = {
  postgres: ['pg_isready', '--host=127.0.0.1'],
  mariadb: ['sh', '-c', 'mysql --protocol=tcp --host=127.0.0.1 2>&1 </dev/null | grep -v "Can.t connect" | grep ERROR'],
  redis: ['sh', '-c', 'redis-cli ping | grep -E "PONG|NOAUTH"'],
};
const programs: Readonly<Record<DatabaseKind, readonly string[]>> = {
  postgres: ['postgres'],
  mariadb: ['mariadbd', '--datadir=/var/lib/mysql', '--socket=/run/mysqld/mysqld.sock'],
  redis: ['redis-server', '--protected-mode', 'no', '--repl-diskless-sync-delay', '0'],
};

export async function databaseScene(): Promise<DatabaseScene> {
  const containers = await testContainers();
  const docker = await createDockerClient({ name: 'local', host: dockerSocket(), instances: [] });
  const clients: Clients = { docker: new Map([['local', docker]]), kubernetes: new Map() };
  const { signal } = new AbortController();
  const made: Scratch[] = [];
  const folders: string[] = [];

  const scene: DatabaseScene = {
    containers,
    docker,
    clients,
    signal,
    key: ({ name }) => `docker/local/container/${name}`,
    async server(kind, name, { env = {}, argv = [], binds = [], network = 'none' } = {}) {
      const Image = await databaseImage(containers.docker, kind);
      const Env = Object.entries(env).map(([variable, value]) => `${variable}=${value}`);
      const server = await containers.run(name, [...programs[kind], ...argv], {
        create: { Image, Env, HostConfig: { Binds: [...binds], NetworkMode: network } },
      });
      for (let tries = 0; ; tries += 1) {
        const { exitCode } = await docker
          .execIn(server.id, { argv: ready[kind] }, Readable.from([]), { signal, silentMs: 10_000 })
          .catch(() => ({ exitCode: 1 }));
        if (exitCode === 0) return server;
        if (tries > 300)
          throw new Error(`${name} does not answer: ${await docker.logs(server.id, { lines: 20, maxBytes: 4_000 })}`);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    },
    async said({ id }, argv, input = '') {
      const stdin = Readable.from(input === '' ? [] : [Buffer.from(input)]);
      const { exitCode, stdout, stderr } = await docker.execIn(id, { argv }, stdin, { signal, silentMs: 30_000 });
      if (exitCode !== 0) throw new Error(`${argv.join(' ')} ended with ${exitCode}: ${stderr}`);
      return stdout;
    },
    async backup(kind, params) {
      const produced = await kind.open(params, clients, signal, 60_000);
      if (isPaths(produced)) throw new Error('it is no file');
      const bytes = await buffer(produced.stream);
      const whole = await produced.whole({ bytes: bytes.byteLength }, bytes.subarray(-65_536));
      const examined = await kind.examine(Readable.from([bytes]), params);
      if (!whole.ok || 'refused' in examined) throw new Error(`no good backup: ${whole.reason}`);
      return contentOf(bytes, examined.shape, produced.file);
    },
    async scratch(kind, params) {
      const folder = await mkdtemp(join(tmpdir(), 'paramedic-drill-'));
      folders.push(folder);
      const place = await kind.scratch?.(
        params,
        clients,
        { folder, drill: `d_${containers.prefix}`, timeoutMs: 60_000 },
        signal,
      );
      if (place === undefined) throw new Error(`${kind.kind} has no scratch places`);
      made.push(place);
      return place;
    },
    async traces({ id }, work) {
      const [before, events] = [await scene.things(), await watchEvents(id)];
      await work();
      const now = await scene.things();
      await events.settled();
      events.close();
      return {
        things: [...now.filter((one) => !before.includes(one)), ...before.filter((one) => !now.includes(one))],
        actions: events.actions.filter((action) => !action.startsWith('exec_')),
      };
    },
    async things() {
      const [all, { Volumes }] = await Promise.all([
        containers.docker.listContainers({ all: true }),
        containers.docker.listVolumes(),
      ]);
      return [...all.flatMap(({ Names }) => Names), ...Volumes.map(({ Name }) => Name)].toSorted();
    },
    async remove() {
      for (const place of made) await place.remove();
      for (const folder of folders) await rm(folder, { recursive: true, force: true });
      await containers.removeAll();
    },
  };
  return scene;
}

export const contentOf = (bytes: Buffer, shape: Shape, file: string): Content => ({
  bytes,
  shape,
  file,
  read: async () => inPieces(bytes),
  brokenAt: (at) => ({ file, shape, read: async () => inPieces(bytes, at), intoFolder: noFolder }),
  intoFolder: noFolder,
});
const noFolder = async (): Promise<void> => {
  throw new Error('it is a file');
};
