import { spawnSync } from 'node:child_process';
import { closeSync, copyFileSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beginCluster, buildCluster, builtCluster, clusterNeeds } from '../kube-cluster.mjs';
import { ensurePrograms, isThere } from '../programs.mjs';
import { root } from '../say.mjs';
import { startDeployment } from './deployment.mjs';
import { connectApi } from './kube-api.mjs';
import { freePorts, startProgram } from './program.mjs';

/** In a cluster of its own nothing else can have this name. */
export const namespace = 'demo';

const withIt = 'npm run demo -- --kubernetes';

/**
 * What a cluster of the demo's own can be made of: `{binDir, required}`, or `{missing, required}` with a sentence that
 * says why there is none, and what would make it possible. `asked`: missing programs are installed and built. Required
 * is the act when somebody asked for it; and in CI once Kubernetes' programs are built, as the tests leave them.
 */
export function chooseCluster({ asked, isCI }) {
  const built = builtCluster();
  const required = asked || (isCI && built !== undefined);
  const without = (missing) => ({ missing, required });
  if (process.getuid?.() !== 0) return without(`a cluster of its own takes root; to see it: sudo ${withIt}`);
  if (built === undefined && !asked) {
    return without(
      `Kubernetes' own programs are not built here; to see it: ${withIt} (builds them first: 10 min, once, with Go 1.26)`,
    );
  }
  if (required) ensurePrograms(clusterNeeds);
  const absent = clusterNeeds.filter((one) => !isThere(one)).map(({ program }) => program);
  if (absent.length > 0) return without(`${absent.join(', ')} is not installed; to install and see it: ${withIt}`);
  const binDir = built ?? buildCluster();
  return binDir === undefined
    ? without("Kubernetes' own programs could not be built (see above)")
    : { binDir, required };
}

/** What is said last, and says more than that it did not come up. */
function lastWords(log) {
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  return lines.findLast((line) => !line.endsWith('the cluster did not come up')) ?? 'it says nothing';
}

/** An input that never ends, whoever else ends: a cluster that is to stay is ended by a signal. */
function endlessInput(dir) {
  const pipe = join(dir, 'kubernetes-input');
  const { status } = spawnSync('mkfifo', ['-m', '600', pipe]);
  if (status !== 0) throw new Error('mkfifo failed');
  return openSync(pipe, 'r+');
}

/**
 * Begins a cluster of one node, and in it a Deployment. It ends with this process, unless it is to stay (`keep`). Answers
 * at once: `ready` resolves to `{kubeconfig, metricsPort, deployment}`, and rejects when there is none to be had;
 * `isComingUp()` tells whether the cluster could not even be taken down yet.
 */
export function beginKubernetes({ dir, binDir, keep, record, signal }) {
  const log = join(dir, 'kubernetes.log');
  const errors = openSync(log, 'a');
  const input = keep ? endlessInput(dir) : 'pipe';
  const cluster = beginCluster(binDir, { mark: dir, input, errors, nodes: 1 });
  record.setCluster(cluster.pid);
  closeSync(errors);
  if (keep) closeSync(input);

  let comingUp = true;
  async function prepare() {
    const up = await cluster.up;
    comingUp = false;
    signal.throwIfAborted();
    if (up === undefined) throw new Error(`the cluster did not come up (${lastWords(log)})`);
    const kubeconfig = join(dir, 'kubeconfig');
    copyFileSync(up.kubeconfig, kubeconfig);
    const [metricsPort] = await freePorts(1);
    signal.throwIfAborted();
    const program = join(root, 'test/cluster/state-metrics');
    const args = [program, '--port', String(metricsPort), '--kubeconfig', kubeconfig];
    const metrics = startProgram(dir, 'state-metrics', process.execPath, args);
    record.addProcess(metrics);
    await metrics.ready(`http://127.0.0.1:${metricsPort}/readyz`, { signal });
    const deployment = await startDeployment(connectApi(kubeconfig), { namespace, name: 'checkout', signal });
    return { kubeconfig, metricsPort, deployment };
  }
  const ready = prepare();
  // Whoever waits for it is told; until somebody does, it is no unhandled rejection.
  ready.catch(() => {});
  return { ready, isComingUp: () => comingUp };
}
