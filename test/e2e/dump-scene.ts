import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { cheapRepository } from '../harness/cheap-repository.ts';
import { childrenOf } from '../harness/children-of.ts';
import { type Containers, testContainers, type TestContainer } from '../harness/containers.ts';
import { databaseImage } from '../harness/database-images.ts';
import { type DockerProxy, startDockerProxy } from '../harness/docker-proxy.ts';
import { type Paramedic, startParamedic } from '../harness/paramedic.ts';
import { type BackupRuns, backupRuns } from './backup-runs.ts';

const rightPassword = 'a-good-password\n';
const pgDump = '/usr/lib/postgresql/15/bin/pg_dump';

interface Listed {
  readonly id: string;
  readonly hostname: string;
  readonly tags?: readonly string[];
}

/**
 * A real PostgreSQL with a table of 40,000 rows, repositories of a real restic, a Paramedic, and between it and the engine a
 * proxy that chooses the moment. Sources: `orders`, and others that are named for what is the matter with them.
 */
export interface DumpScene extends BackupRuns {
  readonly proxy: DockerProxy;
  readonly paramedic: Paramedic;
  readonly docker: Containers['docker'];
  /** The container, another one after `makeDatabase`. */
  database(): TestContainer;
  makeDatabase(): Promise<void>;
  /** Starts it again, when it has ended, and resolves when its server answers. */
  started(): Promise<void>;
  /** Runs a program in the container; its exit code. */
  inside(...command: string[]): Promise<number | null>;
  /** Rejects when it fails. */
  sql(query: string): Promise<void>;
  /** What the server says to a query. */
  said(query: string): Promise<string>;
  /** What runs instead of pg_dump, which is `$real`, and back. */
  replaceDump(script: string): Promise<void>;
  dumpAsItWas(): Promise<void>;
  /** Kills those in the container that are called so; all its children below Paramedic when they are called so. */
  killInside(called: string): Promise<void>;
  killBelow(called: string): void;
  /** Of all repositories, and with a reload. */
  passwordIs(word?: string): Promise<void>;
  repository(name: 'main' | 'small' | 'new'): string;
  restic(name: 'main' | 'small' | 'new', ...args: string[]): string;
  /** Ids of what says in a repository what is a recovery point, sorted, where what that is of is there; of all sources, or of one. */
  points(name?: 'main' | 'small' | 'new', source?: string): readonly string[];
  stop(): Promise<void>;
}

/** `own`: the socket of another engine than that of the tests; Paramedic asks it itself, and the proxy is beside it. */
export async function startDumpScene(own?: string): Promise<DumpScene> {
  const closers: (() => unknown)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).toReversed()) await close();
  };
  try {
    return await start();
  } catch (error) {
    await stop();
    throw error;
  }

  async function start(): Promise<DumpScene> {
    const folder = mkdtempSync(join(tmpdir(), 'paramedic-dumps-'));
    closers.push(() => rmSync(folder, { recursive: true, force: true }));
    const passwordFile = join(folder, 'password');
    writeFileSync(passwordFile, rightPassword);
    // A disk that is soon full.
    mkdirSync(join(folder, 'disk'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'paramedic-test', join(folder, 'disk')]);
    closers.push(() => execFileSync('umount', [join(folder, 'disk')]));
    const places = { main: join(folder, 'main'), small: join(folder, 'disk/small'), new: join(folder, 'new') };
    for (const there of [places.main, places.small]) await cheapRepository(there, rightPassword.trim());

    const proxy = await startDockerProxy(own);
    closers.push(() => proxy.close());
    const containers = await testContainers(own);
    const volume = `${containers.prefix}-files`;
    closers.push(() =>
      docker
        .getVolume(volume)
        .remove({ force: true })
        .catch(() => undefined),
    );
    closers.push(() => containers.removeAll());
    const { docker } = containers;
    const image = await databaseImage(docker, 'postgres');
    let database: TestContainer;

    async function ran(Cmd: string[]): Promise<{ readonly code: number | null; readonly out: string }> {
      const exec = await docker
        .getContainer(database.id)
        .exec({ Cmd, Env: ['PGPASSWORD=secret'], Tty: true, AttachStdout: true, AttachStderr: true });
      const out = await text(await exec.start({ Tty: true }));
      return { code: (await exec.inspect()).ExitCode, out };
    }
    const inside = async (...command: string[]): Promise<number | null> => (await ran(command)).code;
    const login = ['psql', '--username=postgres', '--dbname=orders'];
    const psql = (query: string, ...more: string[]) => inside(...login, ...more, '-c', query);
    async function mustBe(code: Promise<number | null>): Promise<void> {
      const exitCode = await code;
      if (exitCode !== 0) throw new Error(`it ended with exit code ${exitCode}`);
    }
    /** The server that stays: the first one, which makes the database, is on its socket only. */
    async function answers(): Promise<void> {
      for (const until = Date.now() + 60_000; (await psql('SELECT 1', '--host=127.0.0.1')) !== 0; await sleep(100))
        if (Date.now() > until) throw new Error('the database does not answer');
    }
    async function makeDatabase(): Promise<void> {
      database = await containers.run('orders', ['postgres', '-c', 'fsync=off'], {
        stopTimeoutS: 1,
        create: {
          Image: image,
          Env: ['POSTGRES_PASSWORD=secret', 'POSTGRES_DB=orders'],
          HostConfig: { Mounts: [{ Type: 'volume', Source: volume, Target: '/files' }] },
        },
      });
      await answers();
      await mustBe(psql(`CREATE TABLE orders AS SELECT n, ${what} AS what FROM generate_series(1, 40000) AS n`));
    }
    await makeDatabase();
    const paramedic = await startParamedic({ config: stringify(configOf(`${containers.prefix}-orders`)) });
    closers.push(() => paramedic.stop());
    const runs = backupRuns(paramedic);

    function configOf(name: string): object {
      const of = { container: `docker/edge/container/${name}`, database: 'orders', user: 'postgres' };
      const repositories = Object.entries(places).map(([called, location]) => ({
        name: called,
        location,
        password_file: passwordFile,
      }));
      const sources = [
        { name: 'orders', postgres: of, repository: 'main' },
        { name: 'orders-in-a-hurry', postgres: of, repository: 'main', timeout: '8s' },
        { name: 'orders-small', postgres: of, repository: 'small' },
        { name: 'nobody', postgres: { ...of, user: 'nobody' }, repository: 'main' },
        { name: 'elsewhere', postgres: { ...of, database: 'elsewhere' }, repository: 'main' },
        { name: 'first', postgres: of, repository: 'new' },
        { name: 'second', postgres: of, repository: 'new' },
        { name: 'files', 'docker-volume': { volume: `docker/edge/volume/${volume}` }, repository: 'main' },
      ];
      const engines = [{ name: 'edge', socket: own ?? proxy.socket }];
      const backups = { paramedic: 'off', repositories, sources };
      return { mode: 'act', docker: engines, kubernetes: [], playbooks: [], backups };
    }

    const restic: DumpScene['restic'] = (name, ...args) =>
      execFileSync(
        'restic',
        ['--repo', places[name], '--password-file', passwordFile, '--no-cache', '--no-lock', ...args],
        { maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'pipe'] },
      ).toString();

    return {
      proxy,
      paramedic,
      docker,
      database: () => database,
      makeDatabase,
      async started() {
        await database.until('exited');
        await docker.getContainer(database.id).start();
        await answers();
      },
      inside,
      sql: (query) => mustBe(psql(query)),
      said: async (query) => (await ran([...login, '-Atc', query])).out.trim(),
      replaceDump: (script) =>
        mustBe(
          inside(
            'sh',
            '-c',
            `mv ${pgDump} ${pgDump}.real; printf '%s\\n' '#!/bin/sh' 'real=${pgDump}.real' '${script}' >${pgDump}; chmod 755 ${pgDump}`,
          ),
        ),
      dumpAsItWas: () => mustBe(inside('mv', `${pgDump}.real`, pgDump)),
      async killInside(called) {
        const top: { Processes: string[][] } = await docker.getContainer(database.id).top({ ps_args: '-eo pid,comm' });
        kill(
          called,
          top.Processes.filter(([, command]) => command === called).map(([pid]) => Number(pid)),
        );
      },
      killBelow: (called) => kill(called, childrenOf(paramedic.pid, called)),
      ...runs,
      async passwordIs(word = rightPassword) {
        writeFileSync(passwordFile, word);
        const response = await runs.ask('/-/reload', {});
        if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
      },
      repository: (name) => places[name],
      restic,
      points(name = 'main', source) {
        const all = JSON.parse(restic(name, 'snapshots', '--json')) as Listed[];
        return all
          .filter(({ tags, hostname }) => tags?.includes('paramedic-point') && (source ?? hostname) === hostname)
          .filter(({ tags }) => all.some(({ id }) => tags?.includes(`of=${id}`)))
          .map(({ id }) => id)
          .toSorted();
      },
      stop,
    };
  }
}

/** What a row holds. */
export const what = 'md5(n::text) || md5((n + 1)::text) || md5((n + 2)::text)';

function kill(called: string, pids: readonly number[]): void {
  // The others may end with the first of them.
  const ended = pids.filter((pid) => {
    try {
      return process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
      throw error;
    }
  });
  if (ended.length === 0) throw new Error(`there is no ${called}`);
}
