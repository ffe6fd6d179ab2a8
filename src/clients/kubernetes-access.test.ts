import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startKubeApi } from '../../test/fakes/kube-api.ts';
import { UserError } from '../domain/errors.ts';
import { kubernetesAccess } from './kubernetes-access.ts';
import { createKubernetesClient } from './kubernetes.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, content: unknown): string => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};
const kubeconfig = (server: string, name: string, user: object = { token: `token of ${name}` }) => ({
  clusters: [{ name, cluster: { server } }],
  users: [{ name, user }],
  contexts: [{ name, context: { cluster: name, user: name } }],
  'current-context': name,
});
const named = { name: 'prod', isDefault: true, protectedNamespaces: [] };
const access = (config: { readonly kubeconfig: string; readonly context?: string }): KubeConfig =>
  kubernetesAccess({ ...named, ...config }, KubeConfig);

describe('a kubeconfig', () => {
  test('leads to the cluster of its current context, or of the one that is asked for', () => {
    const [one, two] = [kubeconfig('https://one:6443', 'one'), kubeconfig('https://two:6443', 'two')];
    const both = file('both', {
      ...one,
      clusters: [...one.clusters, ...two.clusters],
      contexts: [...one.contexts, ...two.contexts],
    });
    expect(access({ kubeconfig: both }).getCurrentCluster()?.server).toBe('https://one:6443');
    expect(access({ kubeconfig: both, context: 'two' }).getCurrentCluster()?.server).toBe('https://two:6443');
  });

  test('can be several files, of which the first counts', () => {
    const files = [
      file('a', kubeconfig('https://one:6443', 'one')),
      file('b', { ...kubeconfig('https://other:6443', 'one'), 'current-context': 'other' }),
      file('c', kubeconfig('https://two:6443', 'two')),
    ].join(':');
    expect(access({ kubeconfig: files }).getCurrentCluster()?.server).toBe('https://one:6443');
    expect(access({ kubeconfig: files, context: 'two' }).getCurrentUser()?.token).toBe('token of two');
  });

  test.each([
    [
      'that is not there',
      { kubeconfig: '/no/such/file' },
      /^kubernetes prod: \/no\/such\/file can not be read: ENOENT/,
    ],
    ['that is no YAML', { text: '{' }, /can not be read: /],
    ['without a context', { text: 'clusters: []' }, /says no current-context; there are none$/],
    ['without that context', { context: 'x' }, /has no context "x" with a cluster; the contexts are one$/],
    ['with no URL in it', { server: 'one' }, /has "one" as server, which is no URL$/],
  ])('%s is a sentence', (_, { kubeconfig: path, text, context, server = 'https://one' }: Broken, sentence) => {
    const there = path ?? file('broken', text ?? kubeconfig(server, 'one'));
    const load = () => access({ kubeconfig: there, ...(context !== undefined && { context }) });
    expect(load).toThrow(UserError);
    expect(load).toThrow(sentence);
  });
});

interface Broken {
  readonly kubeconfig?: string;
  readonly text?: string;
  readonly context?: string;
  readonly server?: string;
}

test('a client needs no cluster that answers, and a server may have a path', async () => {
  const client = await createKubernetesClient({
    ...named,
    kubeconfig: file('down', kubeconfig('http://127.0.0.1:1/k8s/c-1/', 'one')),
  });
  await expect(client.list('pods', { namespace: '' })).rejects.toMatchObject({
    reason: 'unreachable',
    message: expect.stringMatching(/^kubernetes prod at http:\/\/127\.0\.0\.1:1\/k8s\/c-1 can not be reached/),
  });
  await client.close();
});

test('the token of a credential plugin is used, and a plugin that fails is told', async () => {
  const api = await startKubeApi();
  try {
    const plugin = (script: string) =>
      file(
        'plugin',
        kubeconfig(api.url, 'one', {
          exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', script] },
        }),
      );
    const credential = JSON.stringify({ kind: 'ExecCredential', status: { token: 'from the plugin' } });
    const good = await createKubernetesClient({ ...named, kubeconfig: plugin(`echo '${credential}'`) });
    await good.list('pods', { namespace: '' });
    expect(api.requests[0]?.headers.authorization).toBe('Bearer from the plugin');
    const bad = await createKubernetesClient({ ...named, kubeconfig: plugin('echo no login today >&2; exit 1') });
    await expect(bad.list('pods', { namespace: '' })).rejects.toMatchObject({
      reason: 'unreachable',
      message: expect.stringContaining('no login today'),
    });
    expect(api.requests).toHaveLength(1);
    await good.close();
    await bad.close();
  } finally {
    await api.close();
  }
});
