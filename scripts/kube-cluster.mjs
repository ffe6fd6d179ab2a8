import { spawn, spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ensurePrograms, programs } from './programs.mjs';
import { root, say } from './say.mjs';

const script = (name) => join(root, 'test/cluster', name);
/** What a cluster of our own is made of beside Kubernetes' own programs. */
export const clusterNeeds = [
  'etcd',
  'containerd',
  'ctr',
  'runc',
  'cniBridge',
  'ip',
  'openssl',
  'iptables',
  'busybox',
].map((name) => programs[name]);

const binDirIn = (told) => /^BIN_DIR=(.*)$/m.exec(told)?.[1];

/** The directory of the built binaries when they are there; undefined when they would have to be built. */
export function builtCluster() {
  const { stdout, status } = spawnSync(script('build'), ['--built'], { encoding: 'utf8' });
  return status === 0 ? binDirIn(stdout) : undefined;
}

/** The directory of the built binaries: at once when they are there, else after some 10 minutes; undefined: it failed. */
export function buildCluster() {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  say(`Kubernetes' own programs: from ${cache}/paramedic-kube, built there first when it has none (10 min, once).`);
  const { stdout, status } = spawnSync(script('build'), [], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  return status === 0 ? binDirIn(stdout) : undefined;
}

/**
 * Begins a cluster of our own, which lives in a process (`pid`) that waits for the end of its standard input: it goes
 * away when we say so, and when we die, whatever of. `up` resolves to `{kubeconfig, audit}` once it can be used, to
 * undefined when it does not come up. `stop()` may be called at any time, and resolves when nothing is left of it.
 * `mark` is put into the command line, `input` and `errors` are file descriptors that stand in for the pipe and for our
 * own standard error.
 */
export function beginCluster(binDir, { mark, input = 'pipe', errors = 'inherit', nodes } = {}) {
  const env = { ...process.env, BIN_DIR: binDir, ...(nodes === undefined ? {} : { NODES: String(nodes) }) };
  // In a session of its own: Ctrl-C is for us, and must not hit it half-way through taking the cluster down.
  const keeper = spawn(script('kube-while'), mark === undefined ? [] : [mark], {
    env,
    stdio: [input, 'pipe', errors],
    detached: true,
  });
  const ended = new Promise((resolve) => {
    keeper.once('error', resolve);
    keeper.once('exit', resolve);
  });
  const stop = async () => {
    keeper.stdin?.end();
    await ended;
  };
  const comeUp = async () => {
    const told = {};
    for await (const line of createInterface({ input: keeper.stdout })) {
      const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
      if (name !== undefined) told[name] = value;
      if (told.KUBECONFIG !== undefined) return { kubeconfig: told.KUBECONFIG, audit: told.PARAMEDIC_KUBE_AUDIT };
    }
    return undefined;
  };
  return { pid: keeper.pid, up: comeUp(), stop };
}

async function bringUp(binDir) {
  const { up, stop } = beginCluster(binDir);
  const cluster = await up;
  if (cluster !== undefined) return { ...cluster, stop };
  await stop();
  return undefined;
}

/** The environment that names a cluster, for whoever works with it. */
export const clusterEnv = ({ kubeconfig, audit }) => ({
  ...process.env,
  KUBECONFIG: kubeconfig,
  ...(audit === undefined ? {} : { PARAMEDIC_KUBE_AUDIT: audit }),
});

/** The cluster that KUBECONFIG names, or undefined. */
export function givenCluster() {
  const { KUBECONFIG: kubeconfig, PARAMEDIC_KUBE_AUDIT: audit } = process.env;
  return kubeconfig ? { kubeconfig, audit, own: false } : undefined;
}

/**
 * Runs `work({kubeconfig, audit, own})` with the cluster that KUBECONFIG names, else with one of our own that ends with
 * the work; `work({missing: reason})` when none can be had. `audit` is the path of the API server's log of writes.
 */
export async function withKubeCluster(work) {
  const given = givenCluster();
  if (given !== undefined) {
    say(`Kubernetes: the cluster of KUBECONFIG=${given.kubeconfig}. The tests make namespaces of their own in it.`);
    return work(given);
  }
  if (process.getuid?.() !== 0) return work({ missing: 'KUBECONFIG names no cluster, and starting one takes root' });
  ensurePrograms(clusterNeeds);
  const binDir = buildCluster();
  if (binDir === undefined) return work({ missing: "Kubernetes' own programs could not be built (see above)" });
  const cluster = await bringUp(binDir);
  if (cluster === undefined) return work({ missing: 'the cluster did not come up (see above)' });
  say(`Kubernetes: a cluster for this run, which ends with it (KUBECONFIG=${cluster.kubeconfig}).`);
  try {
    return await work({ ...cluster, own: true });
  } finally {
    await cluster.stop();
  }
}
