// What one demo has made, in DIR/demo.json: so that all of it can be removed, by this process or by `--stop DIR`.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectEngine } from './engine.mjs';

const fileIn = (dir) => join(dir, 'demo.json');

/** Written anew with everything that is made, before the next thing is. */
export function createRecord(dir, { host, ownEngine, label }) {
  const made = { host, ownEngine, label, processes: [] };
  const save = () => writeFileSync(fileIn(dir), JSON.stringify(made));
  save();
  const addProcess = ({ name, pid }) => {
    made.processes.push({ name, pid });
    save();
  };
  const setImage = (image) => {
    made.image = image;
    save();
  };
  const setCluster = (pid) => {
    made.clusterPid = pid;
    save();
  };
  return { addProcess, setImage, setCluster };
}

/** A pid may belong to another program by now: every one of ours has the directory in its command line. */
function isOurs(pid, dir) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(dir);
  } catch {
    return false;
  }
}

const asRoot = (...command) =>
  spawnSync(process.getuid() === 0 ? command[0] : 'sudo', process.getuid() === 0 ? command.slice(1) : command);

/** TERM, and KILL after 10 s. */
async function end(pid, dir) {
  for (let waitedMs = 0; isOurs(pid, dir); waitedMs += 50) {
    try {
      if (waitedMs === 0) process.kill(pid, 'SIGTERM');
      if (waitedMs === 10_000) process.kill(pid, 'SIGKILL');
    } catch (error) {
      // The private engine runs as root. It may also have ended by itself just now.
      if (error.code === 'EPERM') asRoot('kill', String(pid));
    }
    if (waitedMs > 15_000) throw new Error(`process ${pid} does not end`);
    await sleep(50);
  }
}

/** Told to end, it takes its cluster down, after it has come up: that takes what it takes, and KILL would leave it behind. */
async function endCluster(pid, dir) {
  for (let waitedMs = 0; isOurs(pid, dir); waitedMs += 50) {
    if (waitedMs === 0) process.kill(pid, 'SIGTERM');
    if (waitedMs > 240_000) throw new Error(`process ${pid} does not end`);
    await sleep(50);
  }
}

async function removeContainers(engine, label, image) {
  const filters = encodeURIComponent(JSON.stringify({ label: [label] }));
  for (const { Id } of await engine.call('GET', `/containers/json?all=true&filters=${filters}`)) {
    await engine.call('DELETE', `/containers/${Id}?force=true&v=true`);
  }
  const { Volumes } = await engine.call('GET', `/volumes?filters=${filters}`);
  for (const { Name } of Volumes ?? []) await engine.call('DELETE', `/volumes/${Name}?force=true`);
  if (image !== undefined) await engine.call('DELETE', `/images/${image}?force=true`);
}

/**
 * Ends and removes everything that the demo in `dir` has made, and `dir` itself. Answers what could not be removed, as
 * sentences; then `dir` is left, so that it can be tried again. `stopEngine`: ends its private engine, when there is one.
 */
export async function removeDemo(dir, stopEngine) {
  const failures = [];
  const attempt = async (what, act) => {
    try {
      await act();
    } catch (error) {
      failures.push(`${what}: ${error.message}`);
    }
  };
  if (existsSync(fileIn(dir))) {
    const { host, ownEngine, label, processes, image, clusterPid } = JSON.parse(readFileSync(fileIn(dir), 'utf8'));
    const clusterEnds = clusterPid && attempt('the Kubernetes cluster', () => endCluster(clusterPid, dir));
    for (const { name, pid } of processes.toReversed()) await attempt(name, () => end(pid, dir));
    await attempt('the containers', () => removeContainers(connectEngine(host), label, image));
    if (ownEngine) await attempt('the Docker engine', () => (stopEngine ?? (() => endEngine(dir, host)))());
    await clusterEnds;
  }
  if (failures.length === 0) await attempt(dir, () => rmSync(dir, { recursive: true, force: true }));
  return failures;
}

/** For a private engine that another process started; the engine keeps its pid beside its socket. */
async function endEngine(dir, host) {
  const run = dirname(host.slice('unix://'.length));
  const pidFile = join(run, 'dockerd.pid');
  if (existsSync(pidFile)) await end(Number(readFileSync(pidFile, 'utf8')), dir);
  asRoot('rm', '-rf', join(dir, 'docker-data'), run);
}
