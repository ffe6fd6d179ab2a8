import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { askRedis } from '../../src/store/ask-redis.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/store/embedded-redis.ts';
import { startRedis } from '../harness/redis.ts';
import { type RunningProcess, startProcess } from '../harness/process.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const path = process.env['PATH'];
const said: string[] = [];
const log = {
  info: (line: string) => void said.push(`info ${line}`),
  warn: (line: string) => void said.push(`warn ${line}`),
  error: (line: string) => void said.push(`error ${line}`),
};
const closers: (() => Promise<unknown>)[] = [];
/** This module's JavaScript and a script that runs it: a process that can be killed. */
let built: string;
let dataDir: string;

const script = `
import { startEmbeddedRedis } from './store/embedded-redis.js';
const log = { info: console.log, warn: console.log, error: console.log };
try {
  const redis = await startEmbeddedRedis(process.argv[2], { log });
  console.log('SOCKET ' + redis.socket);
  process.on('SIGTERM', () => redis.stop().then(() => process.exit(0)));
  setInterval(() => {}, 60_000);
} catch (error) {
  console.log('FAILED ' + error.name + ': ' + error.message);
  process.exit(2);
}
`;

beforeAll(async () => {
  built = await mkdtemp(join(tmpdir(), 'paramedic-built-'));
  const words = 'src/store/embedded-redis.ts --noEmit false --allowImportingTsExtensions false';
  const more = '--rewriteRelativeImportExtensions --module NodeNext --target ES2023 --skipLibCheck --noCheck';
  const args = ['--ignoreConfig', ...`${words} ${more}`.split(' '), '--rootDir', 'src', '--outDir', built];
  await promisify(execFile)(join(root, 'node_modules/.bin/tsc'), args, { cwd: root });
  await writeFile(join(built, 'package.json'), '{"type":"module"}');
  await writeFile(join(built, 'hold.js'), script);
  await symlink(join(root, 'node_modules'), join(built, 'node_modules'));
});
afterAll(() => rm(built, { recursive: true, force: true }));

beforeEach(async () => {
  said.length = 0;
  dataDir = await mkdtemp(join(tmpdir(), 'paramedic-embedded-'));
  closers.push(() => rm(dataDir, { recursive: true, force: true }));
});
afterEach(async () => {
  process.env['PATH'] = path;
  for (const close of closers.splice(0).toReversed()) await close();
});

async function starting(dir = dataDir): Promise<EmbeddedRedis> {
  const redis = await startEmbeddedRedis(dir, { log });
  closers.push(() => redis.stop());
  return redis;
}

async function otherProcess(env: Record<string, string> = {}): Promise<RunningProcess> {
  const other = await startProcess(process.execPath, [join(built, 'hold.js'), dataDir], { name: 'hold', env });
  closers.push(() => other.stop());
  return other;
}
const socketOf = async (other: RunningProcess): Promise<string> =>
  (await other.waitForLine((line) => line.startsWith('SOCKET '))).slice('SOCKET '.length);

const ask = (socket: string, command: string, ...args: string[]) => askRedis(socket, command, args, 2000);
const pidOf = async (socket: string): Promise<number> =>
  Number(/process_id:(\d+)/.exec(String(await ask(socket, 'INFO', 'server')))?.[1]);
const runs = (pid: number): boolean => existsSync(`/proc/${pid}/cwd`) && stateOf(pid);
const stateOf = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
/** A PATH without setpriv, as on a system that has none: redis-server outlives us there. */
async function pathOf(...names: string[]): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'paramedic-path-'));
  closers.push(() => rm(dir, { recursive: true, force: true }));
  for (const name of names) {
    const programs = (path ?? '').split(delimiter).map((entry) => join(entry, name));
    await symlink(programs.find((program) => existsSync(program)) ?? '', join(dir, name));
  }
  return dir;
}

describe('our own redis-server', () => {
  it('evicts nothing, writes all to the disk, and is reached by its socket and by us alone', async () => {
    const { socket } = await starting();
    const settings = ['maxmemory-policy', 'appendonly', 'appendfsync', 'save', 'port'];
    const told = await Promise.all(settings.map((name) => ask(socket, 'CONFIG', 'GET', name)));
    expect(told.map((answer) => (Array.isArray(answer) ? answer[1] : undefined))).toEqual([
      'noeviction',
      'yes',
      'everysec',
      '',
      '0',
    ]);
    expect((await stat(socket)).mode & 0o777).toBe(0o700);
    expect((await stat(dirname(socket))).mode & 0o777).toBe(0o700);
  });

  it('keeps its data when it is stopped, and stop waits for its end and may be called twice', async () => {
    const first = await starting();
    await ask(first.socket, 'SET', 'a', '1');
    const pid = await pidOf(first.socket);
    await Promise.all([first.stop(), first.stop()]);
    await first.exited;
    expect(runs(pid)).toBe(false);
    const second = await starting();
    expect(await ask(second.socket, 'GET', 'a')).toBe('1');
    expect(said.filter((line) => !line.startsWith('info'))).toEqual([]);
  });

  it('is started again on the same socket, with its data, when it is killed, and that is said loudly', async () => {
    const { socket } = await starting();
    for (const round of [1, 2]) {
      await ask(socket, 'SET', `round${round}`, 'kept');
      const pid = await pidOf(socket);
      process.kill(pid, 'SIGKILL');
      await expect.poll(() => said.filter((line) => line.includes('answers again'))).toHaveLength(round);
      expect(said).toContainEqual(
        expect.stringContaining(`error our own redis-server (pid ${pid}) was killed by SIGKILL`),
      );
      expect(await ask(socket, 'GET', `round${round}`)).toBe('kept');
    }
    expect(await ask(socket, 'GET', 'round1')).toBe('kept');
  });

  it('does not come back when it is stopped while it is down', async () => {
    const redis = await starting();
    process.kill(await pidOf(redis.socket), 'SIGKILL');
    await expect.poll(() => said.some((line) => line.includes('was killed by SIGKILL'))).toBe(true);
    await redis.stop();
    await expect(ask(redis.socket, 'PING')).rejects.toThrow(/ENOENT|ECONNREFUSED/);
    expect(existsSync(redis.socket)).toBe(false);
  });

  it('keeps trying while it can not start, and is back when it can', async () => {
    const redis = await starting();
    const pid = await pidOf(redis.socket);
    const working = process.env['PATH'];
    process.env['PATH'] = '';
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => said.filter((line) => line.includes('did not come back')).length).toBeGreaterThan(1);
    process.env['PATH'] = working;
    await expect.poll(() => said.some((line) => line.includes('answers again')), { timeout: 10_000 }).toBe(true);
    expect(await ask(redis.socket, 'PING')).toBe('PONG');
  });

  it('listens in a short directory of its own when the data directory has a long path, and removes it', async () => {
    const redis = await starting(join(dataDir, 'x'.repeat(100)));
    expect(dirname(redis.socket)).toMatch(/paramedic-redis-\w{6}$/);
    expect((await stat(dirname(redis.socket))).mode & 0o777).toBe(0o700);
    expect(said.join()).toContain(`too long for a unix socket: Redis listens on ${redis.socket}`);
    await redis.stop();
    expect(existsSync(dirname(redis.socket))).toBe(false);
  });
});

describe('the data directory', () => {
  it('is refused to a second process, which is told the pid of the first', async () => {
    const other = await otherProcess();
    const socket = await socketOf(other);
    await expect(starting()).rejects.toMatchObject({
      name: 'UserError',
      message: `The data directory ${dataDir} is in use by another Paramedic (pid ${other.pid}): stop that one, or give this one a data_dir of its own.`,
    });
    expect(await ask(socket, 'PING')).toBe('PONG');
    await other.stop();
    await starting();
  });

  it('is given to one of five that start at the same time', async () => {
    const answers = await Promise.allSettled([1, 2, 3, 4, 5].map(() => starting()));
    expect(answers.filter((answer) => answer.status === 'fulfilled')).toHaveLength(1);
  });

  it('is free when its holder was killed, and the redis-server went with the holder', async () => {
    const other = await otherProcess();
    const socket = await socketOf(other);
    await ask(socket, 'SET', 'a', '1');
    const pid = await pidOf(socket);
    other.signal('SIGKILL');
    await other.end;
    await expect.poll(() => runs(pid)).toBe(false);
    const next = await starting();
    expect(await ask(next.socket, 'GET', 'a')).toBe('1');
  });

  it.each(['answers', 'hangs'])(
    'is taken over from a killed holder whose redis-server lives on and %s',
    async (how) => {
      const other = await otherProcess({ PATH: await pathOf('redis-server', 'flock') });
      const socket = await socketOf(other);
      await ask(socket, 'SET', 'a', '1');
      const pid = await pidOf(socket);
      other.signal('SIGKILL');
      await other.end;
      expect(runs(pid)).toBe(true);
      if (how === 'hangs') process.kill(pid, 'SIGSTOP');
      const next = await starting();
      expect(said).toContain(`warn ended the redis-server (pid ${pid}) that a killed Paramedic had left behind`);
      expect(runs(pid)).toBe(false);
      expect(await pidOf(next.socket)).not.toBe(pid);
      expect(await ask(next.socket, 'GET', 'a')).toBe('1');
    },
  );

  it('of a killed holder tells a pid that another process has by now: that one is left alone', async () => {
    const bystander = await startProcess('sleep', ['1000']);
    closers.push(() => bystander.stop());
    const note = { pid: bystander.pid, redisPid: bystander.pid, socket: join(dataDir, 'redis', 'redis.sock') };
    await writeFile(join(dataDir, 'paramedic.lock'), JSON.stringify(note));
    const { socket } = await starting();
    expect(await ask(socket, 'PING')).toBe('PONG');
    expect(bystander.ended()).toBeUndefined();
  });

  it('of a killed holder tells a socket on which a stranger answers: that one is left alone, and we refuse', async () => {
    const stranger = await startRedis();
    closers.push(() => stranger.stop());
    const note = { pid: 1, redisPid: stranger.pid, socket: stranger.socket };
    await writeFile(join(dataDir, 'paramedic.lock'), JSON.stringify(note));
    await expect(starting()).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringContaining(`Another redis-server (files in ${stranger.dir}) answers on ${stranger.socket}`),
    });
    expect(await ask(stranger.socket, 'PING')).toBe('PONG');
  });

  it('that holds files redis-server can not read is a sentence with its own words, and the lock is free again', async () => {
    const aof = join(dataDir, 'redis', 'appendonlydir');
    await mkdir(aof, { recursive: true });
    await writeFile(join(aof, 'appendonly.aof.manifest'), 'garbage\n');
    await expect(starting()).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(
        /^redis-server exited with code 1 \(its last words: .*manifest.*\) while it started$/,
      ),
    });
    await rm(aof, { recursive: true });
    await starting();
  });

  it('that can not be made is a sentence', async () => {
    await writeFile(join(dataDir, 'file'), '');
    await expect(starting(join(dataDir, 'file', 'data'))).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(/can not be used: .*ENOTDIR.*; let the user that runs paramedic write there/),
    });
  });
});

describe('a missing program', () => {
  it.each([
    [['flock'], /^There is no redis-server on PATH: install it \(`apt-get install redis-server`/],
    [['redis-server'], /^There is no flock on PATH.*`apt-get install util-linux`.* or set redis\.url\.$/],
    [[], /^There is no redis-server on PATH/],
  ])('is a sentence with the command that installs it (on PATH: %j)', async (names, sentence) => {
    process.env['PATH'] = await pathOf(...names);
    await expect(starting()).rejects.toMatchObject({ name: 'UserError', message: expect.stringMatching(sentence) });
  });
});

it('leaves no word of its lock behind when it ended in order', async () => {
  const redis = await starting();
  expect(JSON.parse(await readFile(join(dataDir, 'paramedic.lock'), 'utf8'))).toEqual({
    pid: process.pid,
    redisPid: await pidOf(redis.socket),
    socket: redis.socket,
  });
  expect(await readlink(`/proc/${await pidOf(redis.socket)}/cwd`)).toBe(dirname(redis.socket));
  await redis.stop();
  expect(await readFile(join(dataDir, 'paramedic.lock'), 'utf8')).toBe('');
});
