import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** So many ports of 127.0.0.1 that nobody listens on now. */
export async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise((resolve, reject) => {
        server.once('error', reject).listen(0, '127.0.0.1', resolve);
      });
      return server;
    }),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/**
 * Starts a program whose output goes to `dir/NAME.log`. It is in a session of its own, so that Ctrl-C reaches only the
 * demo, which then ends everything in order.
 */
export function startProgram(dir, name, command, args, env = {}) {
  const logFile = join(dir, `${name}.log`);
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, {
    cwd: dir,
    env: { ...process.env, ...env },
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  child.unref();
  let ending;
  child.once('error', (error) => (ending ??= `could not be started: ${error.message}`));
  child.once('exit', (code, by) => (ending ??= by === null ? `ended with code ${code}` : `was ended by ${by}`));
  const lastLines = () => readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-8).join('\n');

  return {
    name,
    pid: child.pid,
    logFile,
    lastLines,
    /** Resolves when the URL answers 2xx and `holds` (given the text) is true. Rejects when it ends or the time is over. */
    async ready(url, { holds = () => true, timeoutMs = 30_000, signal } = {}) {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        if (ending !== undefined) throw new Error(`${name} ${ending}. Its last lines:\n${lastLines()}`);
        signal?.throwIfAborted();
        const response = await fetch(url).catch(() => undefined);
        if (response?.ok && holds(await response.text())) return;
        if (Date.now() > deadline) throw new Error(`${name} is not ready after ${timeoutMs / 1000} s:\n${lastLines()}`);
        await sleep(100);
      }
    },
  };
}
