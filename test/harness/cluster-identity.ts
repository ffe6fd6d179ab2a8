import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { type ClusterApi, connectApi, succeed, waitFor } from './cluster-api.ts';

/** One rule of a Role, as Kubernetes writes it. */
export interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

/** Somebody who may do what his rules say. */
export interface Identity {
  /** Path of a kubeconfig with a token, good for an hour. */
  readonly kubeconfig: string;
  /** `system:serviceaccount:NAMESPACE:NAME`, as the audit log has it. */
  readonly user: string;
  /** What `kubectl auth can-i VERB RESOURCE` says; a resource is named as in `deployments.apps`. */
  mayI(verb: string, resource: string, namespace?: string): Promise<boolean>;
  remove(): Promise<void>;
}

const tokenAnswer = z.object({ status: z.object({ token: z.string() }) });
const reviewAnswer = z.object({ status: z.object({ allowed: z.boolean() }) });
const rbac = '/apis/rbac.authorization.k8s.io/v1';
const apiGroup = 'rbac.authorization.k8s.io';

async function asks(api: ClusterApi, verb: string, resource: string, namespace: string): Promise<boolean> {
  const [full = '', subresource = ''] = resource.split('/');
  const [plural = '', ...group] = full.split('.');
  const resourceAttributes = { verb, resource: plural, group: group.join('.'), subresource, namespace };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } };
  return reviewAnswer.parse(await succeed(api, { method: 'POST', path, body })).status.allowed;
}

/** Makes a service account with its rules, and resolves once the API server lets it do what they say. */
export async function limitedIdentity(
  api: ClusterApi,
  options: { readonly namespace: string; readonly rules: readonly Rule[]; readonly only: string | undefined },
): Promise<Identity> {
  const { namespace, rules, only } = options;
  const name = `limited-${randomBytes(3).toString('hex')}`;
  const metadata = { name };
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  await succeed(api, { method: 'POST', path: accounts, body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata } });

  const [where, prefix] = only === undefined ? [rbac, 'Cluster'] : [`${rbac}/namespaces/${only}`, ''];
  const kind = `${prefix}Role`;
  const [roles, bindings] = [`${where}/${kind.toLowerCase()}s`, `${where}/${kind.toLowerCase()}bindings`];
  const role = { apiVersion: `${apiGroup}/v1`, kind, metadata, rules };
  const binding = {
    apiVersion: `${apiGroup}/v1`,
    kind: `${kind}Binding`,
    metadata,
    roleRef: { apiGroup, kind, name },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  };
  await succeed(api, { method: 'POST', path: roles, body: role });
  await succeed(api, { method: 'POST', path: bindings, body: binding });
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } };
  const made = await succeed(api, { method: 'POST', path: `${accounts}/${name}/token`, body: request });

  const dir = await mkdtemp(join(tmpdir(), 'paramedic-identity-'));
  const kubeconfig = join(dir, 'kubeconfig');
  const ca = api.ca === '' ? {} : { 'certificate-authority-data': Buffer.from(api.ca).toString('base64') };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server: api.server, ...ca } }],
    users: [{ name, user: { token: tokenAnswer.parse(made).status.token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: name } }],
    'current-context': 'test',
  };
  // JSON is YAML.
  await writeFile(kubeconfig, JSON.stringify(config, undefined, 2), { mode: 0o600 });
  const own = await connectApi(kubeconfig);

  const first = rules.find(({ resources, resourceNames }) => resources !== undefined && resourceNames === undefined);
  const [verb, resource] = [first?.verbs[0], first?.resources?.[0]];
  const group = first?.apiGroups?.[0] ?? '';
  // The authorizer learns of a role a moment after it was made.
  if (verb !== undefined && resource !== undefined) {
    const [plural = '', ...subresource] = resource.split('/');
    const full = [`${plural}${group === '' ? '' : `.${group}`}`, ...subresource].join('/');
    await waitFor(`that ${name} may ${verb} ${full}`, () => asks(own, verb, full, only ?? namespace));
  }
  return {
    kubeconfig,
    user: `system:serviceaccount:${namespace}:${name}`,
    mayI: (asked, what, place = only ?? namespace) => asks(own, asked, what, place),
    async remove() {
      own.close();
      await rm(dir, { recursive: true, force: true });
      for (const path of [bindings, roles, accounts]) await api.send({ method: 'DELETE', path: `${path}/${name}` });
    },
  };
}
