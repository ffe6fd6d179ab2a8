// with-kube.mjs COMMAND [ARG…]: runs it with KUBECONFIG and PARAMEDIC_KUBE_AUDIT set: to the cluster that KUBECONFIG
// names, else to one of our own that ends when the command ends, or when we do.
import { clusterEnv, withKubeCluster } from './kube-cluster.mjs';
import { runToEnd } from './run-to-end.mjs';
import { giveUp, say } from './say.mjs';

const [program, ...args] = process.argv.slice(2);
if (program === undefined) giveUp('Usage: node scripts/with-kube.mjs COMMAND [ARG…]');

// Before the cluster is there a signal may simply end us: it goes away by itself.
process.exitCode = await withKubeCluster((cluster) => {
  if (cluster.missing !== undefined) say(`No Kubernetes cluster: ${cluster.missing}.`);
  const env = cluster.missing === undefined ? clusterEnv(cluster) : process.env;
  return runToEnd(program, args, env);
});
