import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findProgram } from './programs.mjs';

function answers(host) {
  const url = host.startsWith('unix://')
    ? { socketPath: host.slice('unix://'.length) }
    : new URL(host.replace('tcp:', 'http:'));
  const where = url instanceof URL ? { host: url.hostname, port: url.port || 2375 } : url;
  return new Promise((resolve) => {
    const asked = request({ ...where, path: '/_ping', timeout: 2000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
    asked.end();
  });
}

/** The engine at DOCKER_HOST, else at the usual socket: its host when it answers within 2 s, else undefined. */
export async function dockerEngine(host = process.env.DOCKER_HOST || 'unix:///var/run/docker.sock') {
  return (await answers(host)) ? host : undefined;
}

const isRoot = () => process.getuid?.() === 0;

/** Runs a command as root, through sudo when we are not, and waits for it. */
function asRoot(...command) {
  const [program, ...args] = isRoot() ? command : ['sudo', ...command];
  spawnSync(program, args, { stdio: ['inherit', 'ignore', 'inherit'] });
}

/** From what an engine likes best to what still runs where the network may not be touched. */
const attempts = [[], ['--iptables=false', '--ip6tables=false'], ['--iptables=false', '--bridge=none']];

async function begin(dir, run, options) {
  const host = `unix://${join(run, 'docker.sock')}`;
  const pidFile = join(run, 'dockerd.pid');
  const log = openSync(join(dir, 'dockerd.log'), 'a');
  const flags = [`--host=${host}`, `--data-root=${join(dir, 'docker-data')}`, `--exec-root=${join(run, 'exec')}`];
  flags.push(`--pidfile=${pidFile}`, `--group=${process.getgid?.()}`, ...options);
  // In a session of its own: Ctrl-C is for whoever started us, the engine ends when stop() says so. sudo itself has to
  // keep the terminal, to ask for a password.
  const dockerd = findProgram('dockerd');
  const child = isRoot()
    ? spawn(dockerd, flags, { stdio: ['ignore', log, log], detached: true })
    : spawn('sudo', ['setsid', '--wait', dockerd, ...flags], { stdio: ['inherit', log, log] });
  closeSync(log);
  const ended = new Promise((resolve) => {
    child.once('error', resolve);
    child.once('exit', resolve);
  });
  const isOver = () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  const stop = async () => {
    child.ref();
    if (!isOver() && existsSync(pidFile)) asRoot('kill', readFileSync(pidFile, 'utf8').trim());
    else if (!isOver()) child.kill();
    await ended;
  };
  for (let tries = 0; tries < 300 && !isOver(); tries++) {
    if (await answers(host)) {
      child.unref();
      return { host, stop };
    }
    await sleep(100);
  }
  await stop();
  return undefined;
}

/**
 * Starts a private engine with everything it writes in `dir` (an absolute path). Undefined when dockerd is not
 * installed, we are neither root nor have sudo, or no way of starting it works: `dir/dockerd.log` says why.
 * `stop()` ends exactly this engine with its containers, and removes its data.
 */
export async function startDockerEngine(dir, ways = attempts) {
  if (findProgram('dockerd') === undefined || (!isRoot() && findProgram('sudo') === undefined)) return undefined;
  mkdirSync(dir, { recursive: true });
  // A unix socket's path may have 107 bytes, and containerd's is the longest.
  const run = dir.length < 60 ? join(dir, 'docker') : mkdtempSync(join(tmpdir(), 'paramedic-docker-'));
  mkdirSync(run, { recursive: true });
  const bridgeWasThere = existsSync('/sys/class/net/docker0');
  for (const options of ways) {
    const engine = await begin(dir, run, options);
    if (engine === undefined) continue;
    const stop = async () => {
      await engine.stop();
      asRoot('rm', '-rf', join(dir, 'docker-data'), run);
      if (!bridgeWasThere && findProgram('ip')) asRoot('ip', 'link', 'delete', 'docker0');
    };
    return { host: engine.host, stop };
  }
  return undefined;
}

/** Runs `work({host, own})` with the engine that answers, else with a private one that ends with the work. */
export async function withDockerEngine(work) {
  const host = await dockerEngine();
  if (host !== undefined) return work({ host, own: false });
  const dir = mkdtempSync(join(tmpdir(), 'paramedic-engine-'));
  const engine = await startDockerEngine(dir);
  if (engine === undefined) return work(undefined);
  try {
    return await work({ host: engine.host, own: true });
  } finally {
    await engine.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}
