import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A redis-server of our own on a unix socket, append-only file on, as Paramedic starts it. */
export async function startRedis() {
  const dir = await mkdtemp(join(tmpdir(), 'paramedic-bench-'));
  const socket = join(dir, 'redis.sock');
  const settings = ['--port', '0', '--unixsocket', socket, '--dir', dir, '--save', '', '--appendonly', 'yes'];
  const server = spawn('redis-server', [...settings, '--appendfsync', 'everysec'], { stdio: 'ignore' });
  const ended = once(server, 'exit');
  while ((await access(socket).catch(() => 'absent')) === 'absent') await sleep(20);
  return {
    socket,
    async stop() {
      server.kill('SIGKILL');
      await ended;
      await rm(dir, { recursive: true, force: true });
    },
  };
}
