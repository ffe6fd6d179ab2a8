// with-kube.mjs COMMAND [ARG…]: runs it with KUBECONFIG and PARAMEDIC_KUBE_AUDIT set: to the cluster that KUBECONFIG
// names, else to one of our own that ends when the command ends, or when we do.
import { spawn } from 'node:child_process';
import { clusterEnv, withKubeCluster } from './kube-cluster.mjs';
import { giveUp, say } from './say.mjs';

const [program, ...args] = process.argv.slice(2);
if (program === undefined) giveUp('Usage: node scripts/with-kube.mjs COMMAND [ARG…]');

// Before the cluster is there a signal may simply end us: it goes away by itself.
process.exitCode = await withKubeCluster((cluster) => {
  if (cluster.missing !== undefined) say(`No Kubernetes cluster: ${cluster.missing}.`);
  const env = cluster.missing === undefined ? clusterEnv(cluster) : process.env;
  const child = spawn(program, args, { env, stdio: 'inherit' });
  process.on('SIGINT', () => say('Interrupted: waiting for the command to end.'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve) => {
    child.once('error', (error) => {
      say(`${program} can not be run: ${error.message}`);
      resolve(127);
    });
    child.once('exit', (code) => resolve(code ?? 1));
  });
});
