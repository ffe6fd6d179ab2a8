import { delimiter, join } from 'node:path';
import { parse } from 'yaml';
import { messageOf, UserError } from '../domain/errors.ts';
import type { KubernetesConfig } from './config.ts';
import { isMap } from './fields.ts';
import type { ReadCluster } from './kubernetes-schema.ts';
import type { Source } from './source.ts';

const token = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/**
 * The clusters as they are written, with what is not written found; without anything written the one that kubectl would
 * use here, called `local`, if there is one. Throws UserError when a cluster is written and there is no way to it.
 */
export function findKubernetes(
  written: readonly ReadCluster[] | undefined,
  { env, readFile }: Pick<Source, 'env' | 'readFile'>,
  exists: (path: string) => boolean,
): readonly KubernetesConfig[] {
  const kubeconfig = (): string | undefined => kubeconfigIn(env, readFile, exists);
  const inPod = (env['KUBERNETES_SERVICE_HOST'] ?? '') !== '' && exists(token);
  if (written === undefined) {
    const local = { name: 'local', isDefault: true, protectedNamespaces: [] };
    if (inPod) return [local];
    const found = kubeconfig();
    return found === undefined ? [] : [{ ...local, kubeconfig: found }];
  }
  const clusters = written.map((cluster): KubernetesConfig => {
    const isDefault = cluster.isDefault ?? written.length === 1;
    if (cluster.kubeconfig !== undefined || inPod) return { ...cluster, isDefault };
    const found = kubeconfig();
    if (found === undefined)
      throw new UserError(
        `kubernetes ${cluster.name}: it has no "kubeconfig", and there is neither a service account of a pod, nor KUBECONFIG, nor a ~/.kube/config with a current-context`,
      );
    return { ...cluster, isDefault, kubeconfig: found };
  });
  refuseTwins(clusters);
  return clusters;
}

/** One cluster under two names would be acted on twice, and for alerts about another one. */
function refuseTwins(clusters: readonly KubernetesConfig[]): void {
  for (const [index, one] of clusters.entries()) {
    const twin = clusters
      .slice(0, index)
      .find(
        ({ kubeconfig, context }) =>
          kubeconfig === one.kubeconfig &&
          (context === one.context || context === undefined || one.context === undefined),
      );
    if (twin === undefined) continue;
    const where = one.kubeconfig === undefined ? 'the service account of this pod' : one.kubeconfig;
    throw new UserError(
      `kubernetes ${twin.name} and ${one.name} may be the same cluster: both go by ${where}; give each a kubeconfig of its own, or a "context" each`,
    );
  }
}

/**
 * KUBECONFIG, which may be a list, or `~/.kube/config`; undefined when they say nothing: a tool that takes its cluster
 * down again leaves an empty file behind.
 */
function kubeconfigIn(
  env: Source['env'],
  readFile: Source['readFile'],
  exists: (path: string) => boolean,
): string | undefined {
  const named = (env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  const usual = env['HOME'] ? [join(env['HOME'], '.kube/config')] : [];
  const files = (named.length > 0 ? named : usual).filter(exists);
  if (named.length > 0 && files.length === 0)
    throw new UserError(
      `KUBECONFIG is "${env['KUBECONFIG']}": there is no such file; unset it, or write "kubernetes: []"`,
    );
  return files.some((file) => saysWhere(file, readFile)) ? files.join(delimiter) : undefined;
}

function saysWhere(file: string, readFile: Source['readFile']): boolean {
  try {
    const kubeconfig: unknown = parse(readFile(file), { logLevel: 'silent' });
    return isMap(kubeconfig) && (kubeconfig['current-context'] ?? '') !== '';
  } catch (error) {
    throw new UserError(
      `the kubeconfig ${file} can not be read: ${messageOf(error).split('\n')[0]}; or write "kubernetes: []"`,
    );
  }
}
