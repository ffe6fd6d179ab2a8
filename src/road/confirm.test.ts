import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createTestRoad } from '../../test/fakes/road.ts';
import type { Deployment } from '../domain/kubernetes.ts';
import type { KubernetesClient, Resource, Resources } from '../domain/kubernetes-client.ts';
import type { TargetKind } from '../domain/target.ts';
import { no } from '../domain/verdict.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import { targets } from '../targets/index.ts';
import { createConfirm } from './confirm.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => vi.useRealTimers());

/** A road with one cluster, and the names that were read there; a read of `slow-20` takes 20 s, one of `never` for ever. */
function roadToCluster() {
  const { road, alert } = createTestRoad(createMemoryStore());
  const read: string[] = [];
  const refuse = () => Promise.reject(new Error('not asked for here'));
  const client: KubernetesClient = {
    name: 'prod',
    protectedNamespaces: [],
    get: async <R extends Resource>(_resource: R, { name }: { readonly name: string }) => {
      read.push(name);
      await new Promise((resolve) => {
        if (name !== 'never') setTimeout(resolve, Number(name.split('-')[1] ?? 0) * 1_000);
      });
      return undefined as Resources[R] | undefined;
    },
    list: refuse,
    pages: () => {
      throw new Error('not asked for here');
    },
    wouldCreate: refuse,
    logs: refuse,
    count: refuse,
    watch: refuse,
    patch: refuse,
    createJob: refuse,
    create: refuse,
    remove: refuse,
    evict: refuse,
    execOut: refuse,
    execIn: refuse,
    close: async () => undefined,
  };
  const kind: TargetKind<Deployment> = {
    kind: 'deployment',
    platform: 'kubernetes',
    permissions: [],
    showsOnObject: true,
    resolve: ({ name = '' }) => ({
      kind: 'deployment',
      platform: 'prod',
      by: { name },
      phrase: `deployment "${name}"`,
    }),
    async confirm({ by: { name = '' } }, { kubernetes }) {
      await kubernetes.get('prod')?.get('deployments.apps', { namespace: 'shop', name });
      return no(`there is no ${name}`);
    },
    observe: async () => undefined,
    symptoms: () => [],
    instance: () => '',
    lastLifetimeMs: () => undefined,
    unsettled: () => false,
  };
  const clients = { docker: new Map(), kubernetes: new Map([['prod', client]]) };
  const confirm = createConfirm({ ...road, clients: () => clients, targets: [kind] });
  return { read, confirm: (name: string) => confirm(alert({ labels: { alertname: 'Down', name } })) };
}

test('a cluster that answers nobody for 5 s is silent, and is not asked again for this delivery', async () => {
  const { read, confirm } = roadToCluster();
  const first = confirm('never');
  await vi.advanceTimersByTimeAsync(5_000);
  const postponed = 'deployment "never": its platform did not answer within 5 s';
  expect(await first).toEqual({ postponed });
  expect(await confirm('another')).toEqual({ postponed });
  expect(read).toEqual(['never']);
});

test('a cluster that answers others meanwhile is busy, not silent', async () => {
  const { confirm } = roadToCluster();
  const all = ['slow-3', 'slow-7', 'slow-11', 'slow-15'].map((name) => confirm(name));
  await vi.advanceTimersByTimeAsync(15_000);
  expect(await Promise.all(all)).toEqual(['3', '7', '11', '15'].map((s) => no(`there is no slow-${s}`)));
});

test('and is silent 5 s after its last answer', async () => {
  const { confirm } = roadToCluster();
  const all = [confirm('slow-3'), confirm('slow-20')];
  await vi.advanceTimersByTimeAsync(8_000);
  expect(await Promise.all(all)).toEqual([
    no('there is no slow-3'),
    { postponed: 'deployment "slow-20": its platform did not answer within 5 s' },
  ]);
});

test('labels of Kubernetes are told that no cluster is configured', async () => {
  const { road, alert } = createTestRoad(createMemoryStore());
  const confirm = createConfirm({ ...road, targets });
  const of = (labels: Record<string, string>) => confirm(alert({ labels: { alertname: 'Down', ...labels } }));
  expect(await of({ namespace: 'shop', deployment: 'web' })).toMatchObject({
    ok: false,
    reason: expect.stringContaining('deployment "shop/web", but no Kubernetes cluster is configured'),
  });
  expect(await of({ severity: 'critical' })).toEqual(no('its labels name no target that we know how to look after'));
});
