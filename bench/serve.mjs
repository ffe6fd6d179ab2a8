import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const built = fileURLToPath(new URL('../dist', import.meta.url));

/** A built Paramedic with its own redis-server and data; `onLine` is told each line of its log, parsed. */
export async function serve(config, onLine = () => undefined, dist = built) {
  const main = join(dist, 'main.js');
  const dir = await mkdtemp(join(tmpdir(), 'paramedic-bench-'));
  const file = join(dir, 'paramedic.yml');
  await writeFile(file, `listen: 127.0.0.1:0\ndata_dir: ${dir}/data\n${config}`);
  const child = spawn(process.execPath, [main, 'serve', '--config', file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  /** @type {string} */
  const url = await new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('Paramedic did not start')));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const told = JSON.parse(line);
      if (typeof told.url === 'string') resolve(told.url);
      onLine(told);
    });
  });
  return {
    url,
    pid: child.pid,
    token: (await readFile(join(dir, 'data/webhook-token'), 'utf8')).trim(),
    redisSocket: join(dir, 'data/redis/redis.sock'),
    async stop() {
      child.kill('SIGTERM');
      await ended;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

export const percentile = (numbers, p) =>
  numbers.toSorted((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor((numbers.length * p) / 100))];
