import { readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { TestCluster } from '../../harness/cluster.ts';
import { type KubeProxy, startKubeProxy } from '../../harness/kube-proxy.ts';

const role = z.object({
  kind: z.literal('ClusterRole'),
  rules: z.array(
    z.object({ apiGroups: z.array(z.string()), resources: z.array(z.string()), verbs: z.array(z.string()) }),
  ),
});
export type Rule = z.infer<typeof role>['rules'][number];

/** The rules of the ClusterRoles in `deploy/rbac/<name>.yaml`. */
export async function rbacRules(name: 'observe' | 'act' | 'backups' | 'secrets-restore'): Promise<readonly Rule[]> {
  const text = await readFile(new URL(`../../../deploy/rbac/${name}.yaml`, import.meta.url), 'utf8');
  const rules = parseAllDocuments(text)
    .map((document) => role.safeParse(document.toJS()))
    .flatMap(({ data }) => data?.rules ?? []);
  if (rules.length === 0) throw new Error(`deploy/rbac/${name}.yaml has no ClusterRole with rules`);
  return rules;
}

/** Who may do what deploy/rbac says and nothing else, and reaches the API through a proxy that the test commands. */
export async function throughProxy(
  cluster: TestCluster,
  namespace: string,
  rules?: readonly Rule[],
): Promise<KubeProxy & { stop(): Promise<void> }> {
  const { kubeconfig } = await cluster.serviceAccount(namespace, rules ?? (await rbacRules('act')));
  const proxy = await startKubeProxy(kubeconfig);
  return { ...proxy, stop: () => proxy.close() };
}
