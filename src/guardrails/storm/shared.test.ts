import { afterEach, beforeEach, expect, test } from 'vitest';
import { type KubeApi, startKubeApi } from '../../../test/fakes/kube-api.ts';
import type { Firing } from '../../domain/guardrail.ts';
import { shared } from './shared.ts';

let api: KubeApi;
beforeEach(async () => {
  api = await startKubeApi();
});
afterEach(() => api.close());

const place = 'kubernetes/prod';
const deployment = (namespace: string, name: string, labels: Record<string, string> = {}): Firing => ({
  labels: { namespace, deployment: name, ...labels },
  startsAt: 0,
  names: { kind: 'deployment', phrase: name, place, workload: { namespace, name } },
});
const shareOf = (...firing: readonly Firing[]): Promise<string> =>
  shared(firing, [], { clients: { docker: new Map(), kubernetes: new Map([['prod', api.client]]) } });

function pod(namespace: string, workload: string, nodeName: string, ready: 'True' | 'False'): void {
  const hash = '7d9c5b6f4d';
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `${workload}-${hash}`, uid: 'r', controller: true };
  api.put('pods', {
    metadata: {
      namespace,
      name: `${workload}-${hash}-${nodeName}`,
      labels: { 'pod-template-hash': hash },
      ownerReferences: [owner],
    },
    spec: { nodeName, containers: [] },
    status: { conditions: [{ type: 'Ready', status: ready }] },
  });
}

test('the node of the pods that are not ready, though others serve elsewhere', async () => {
  for (const [namespace, name] of [
    ['shop', 'web'],
    ['shop', 'cart'],
    ['blog', 'web'],
  ] as const) {
    pod(namespace, name, 'worker-2', 'False');
    pod(namespace, name, 'worker-1', 'True');
  }
  const some = [deployment('shop', 'web'), deployment('shop', 'cart'), deployment('blog', 'web')];
  expect(await shareOf(...some)).toBe('node worker-2, kubernetes/prod');
  pod('blog', 'news', 'worker-3', 'False');
  expect(await shareOf(...some, deployment('blog', 'news'))).toBe('kubernetes/prod');
});

test('what can not be read is left out', async () => {
  api.fault({ kind: '403', times: 9 });
  expect(await shareOf(deployment('shop', 'web'), deployment('shop', 'cart'))).toBe('namespace shop');
});

test('where the exporter runs is nothing that its victims share', async () => {
  const exporter = { instance: '10.42.0.17:8080', node: 'node-1', job: 'kubernetes-service-endpoints' };
  expect(await shareOf(deployment('shop', 'web', exporter), deployment('shop', 'cart', exporter))).toBe(
    'namespace shop',
  );
  // Aggregated: its own.
  const own = { node: 'node-1', zone: 'a' };
  expect(await shareOf(deployment('shop', 'web', own), deployment('shop', 'cart', own))).toBe(
    'node node-1, zone a, namespace shop',
  );
});

test('where cAdvisor runs is where its containers do', async () => {
  const container = (name: string): Firing => ({
    labels: { name, instance: 'edge-1:8080' },
    startsAt: 0,
    names: { kind: 'container', phrase: name, place: 'docker' },
  });
  expect(await shareOf(container('web'), container('db'))).toBe('instance edge-1:8080, docker');
});
