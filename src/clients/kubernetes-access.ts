import { delimiter } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import type { KubernetesConfig } from '../config/config.ts';
import { messageOf, UserError } from '../domain/errors.ts';

type Made = new () => KubeConfig;

/**
 * How one cluster is reached and who we are there: its kubeconfig, or the service account of our pod. Reads files, asks
 * nobody. Throws UserError when a file can not be read or names no such context.
 */
export function kubernetesAccess(config: KubernetesConfig, Access: Made): KubeConfig {
  const from = config.kubeconfig === undefined ? 'the service account' : config.kubeconfig;
  const access = new Access();
  try {
    if (config.kubeconfig === undefined) access.loadFromCluster();
    else for (const file of config.kubeconfig.split(delimiter)) merge(access, file, Access);
  } catch (error) {
    throw new UserError(`kubernetes ${config.name}: ${from} can not be read: ${messageOf(error)}`);
  }
  if (config.context !== undefined) access.setCurrentContext(config.context);
  const context = access.getCurrentContext();
  const cluster = access.getCurrentCluster();
  if (cluster === null) {
    const names = access.getContexts().map(({ name }) => name);
    const known = names.length === 0 ? 'there are none' : `the contexts are ${names.join(', ')}`;
    const missing = context ? `has no context "${context}" with a cluster` : 'says no current-context';
    throw new UserError(`kubernetes ${config.name}: ${from} ${missing}; ${known}`);
  }
  if (!URL.canParse(cluster.server))
    throw new UserError(`kubernetes ${config.name}: ${from} has "${cluster.server}" as server, which is no URL`);
  return access;
}

/** As kubectl does it: of two entries with one name the first counts. */
function merge(into: KubeConfig, file: string, Access: Made): void {
  const more = new Access();
  more.loadFromFile(file);
  into.loadFromOptions({
    clusters: firstOfEach([...into.getClusters(), ...more.getClusters()]).map((cluster) => ({
      ...cluster,
      // Without TLS there is nothing to verify (kubectl proxy): the library wants to hear so, kubectl does not.
      skipTLSVerify: cluster.skipTLSVerify || cluster.server.startsWith('http:'),
    })),
    users: firstOfEach([...into.getUsers(), ...more.getUsers()]),
    contexts: firstOfEach([...into.getContexts(), ...more.getContexts()]),
    currentContext: into.getCurrentContext() || more.getCurrentContext(),
  });
}

const firstOfEach = <T extends { readonly name: string }>(items: readonly T[]): T[] => [
  ...new Map(items.toReversed().map((item) => [item.name, item])).values(),
];
