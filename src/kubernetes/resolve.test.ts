import { describe, expect, it } from 'vitest';
import { dialects, series } from '../../test/fakes/label-dialects.ts';
import type { Platforms } from '../domain/target.ts';
import type { KubernetesKind } from './labels.ts';
import { resolveKubernetes, withoutCluster } from './resolve.ts';

const cluster = { name: 'prod', isDefault: true, protectedNamespaces: ['payments'] };
const one: Platforms = { docker: [], kubernetes: [cluster] };
const two: Platforms = {
  docker: [],
  kubernetes: [
    { ...cluster, isDefault: false },
    { name: 'stage', isDefault: false, protectedNamespaces: [] },
  ],
};
const kinds: readonly KubernetesKind[] = [
  'deployment',
  'statefulset',
  'daemonset',
  'pod',
  'job',
  'cronjob',
  'node',
  'persistentvolumeclaim',
  'horizontalpodautoscaler',
  'service',
];
const answers = (labels: Record<string, string>, platforms: Platforms) =>
  kinds.map((kind) => resolveKubernetes(kind)(labels, platforms)).filter((answer) => answer !== undefined);
const ofDeployment = { namespace: 'shop', deployment: 'checkout' };

describe('a candidate', () => {
  it.each<[Record<string, string>, string, Record<string, string>, string]>([
    [ofDeployment, 'deployment', { namespace: 'shop', name: 'checkout' }, 'deployment "shop/checkout"'],
    [{ namespace: 'shop', pod: 'db-0' }, 'pod', { namespace: 'shop', name: 'db-0' }, 'pod "shop/db-0"'],
    [
      { namespace: 'shop', replicaset: 'checkout-7d9c5b6f4d' },
      'deployment',
      { namespace: 'shop', replicaset: 'checkout-7d9c5b6f4d' },
      'replicaset "shop/checkout-7d9c5b6f4d"',
    ],
    [
      { node: 'ip-10-0-0-1.ec2.internal' },
      'node',
      { name: 'ip-10-0-0-1.ec2.internal' },
      'node "ip-10-0-0-1.ec2.internal"',
    ],
    [{ job: 'node', instance: '10.0.0.5:9100' }, 'node', { address: '10.0.0.5' }, 'node with address 10.0.0.5'],
    [
      { job: 'node', instance: '10.0.0.5:9100', nodename: 'worker-1' },
      'node',
      { name: 'worker-1', address: '10.0.0.5' },
      'node "worker-1"',
    ],
  ])('of %j is a %s', (labels, kind, by, phrase) => {
    expect(answers(labels, one)).toEqual([{ kind, platform: 'prod', by, phrase }]);
  });

  it('is none where no cluster is configured', () => {
    expect(answers(ofDeployment, { docker: [], kubernetes: [] })).toEqual([]);
  });

  it.each<[Record<string, string>, string]>([
    [
      ofDeployment,
      'the labels name deployment "shop/checkout", but no Kubernetes cluster is configured: set KUBECONFIG',
    ],
    [
      { deployment: 'web' },
      'the labels name deployment "web", but no Kubernetes cluster is configured: set KUBECONFIG',
    ],
    [{ namespace: 'shop', deployment: '../x' }, 'the labels name a deployment by "../x", which is no Kubernetes name'],
  ])('%j gets a refusal of its own where no cluster is configured', (labels, begins) => {
    expect(withoutCluster(labels, { docker: [], kubernetes: [] })).toEqual({
      ok: false,
      reason: expect.stringContaining(begins),
    });
    expect(withoutCluster(labels, one)).toBeUndefined();
    expect(withoutCluster({ alertname: 'Down', name: 'web' }, { docker: [], kubernetes: [] })).toBeUndefined();
  });

  it('is none where the labels name nothing', () => {
    expect(answers({ alertname: 'Watchdog' }, one)).toEqual([]);
  });
});

describe('the cluster', () => {
  it('is the one of the label', () => {
    expect(answers({ ...ofDeployment, cluster: 'stage' }, two)).toMatchObject([{ platform: 'stage' }]);
  });

  it('is the default without one', () => {
    const platforms = { ...two, kubernetes: [...two.kubernetes, { ...cluster, name: 'main' }] };
    expect(answers(ofDeployment, platforms)).toMatchObject([{ platform: 'main' }]);
  });

  it('is the only one, default or not', () => {
    const only = { docker: [], kubernetes: [{ ...cluster, isDefault: false }] };
    expect(answers(ofDeployment, only)).toMatchObject([{ platform: 'prod' }]);
  });
});

describe('a refusal says why', () => {
  it.each<[Record<string, string>, Platforms, string]>([
    [
      { ...ofDeployment, cluster: 'eu-1' },
      two,
      'the labels name the Kubernetes cluster "eu-1", which is not configured; there is: prod, stage; if it is one of these, write kubernetes: [{name: eu-1}]',
    ],
    [
      { ...ofDeployment, cluster: '$(x)\n' },
      one,
      'the labels name the Kubernetes cluster "$(x)\\n", which is not configured; there is: prod',
    ],
    [
      ofDeployment,
      two,
      'the labels name none of the Kubernetes clusters prod, stage: give Prometheus external_labels: {cluster: NAME}, or one of them default: true',
    ],
    [{ deployment: 'checkout' }, one, 'the labels name deployment "checkout", but not its namespace'],
    [
      { namespace: 'kube-system', pod: 'coredns-7d9c5b6f4d-x2x9k' },
      one,
      `pod "kube-system/coredns-7d9c5b6f4d-x2x9k" is never acted on: kube-system is Kubernetes' own namespace`,
    ],
    [
      { namespace: 'payments', deployment: 'ledger' },
      one,
      'deployment "payments/ledger" is never acted on: the namespace payments is protected in the configuration of cluster prod',
    ],
    [
      { namespace: 'monitoring', pod: 'kps-kube-state-metrics-5d8f7c9b4d-k2x8p', uid: '1', job: 'kube-state-metrics' },
      one,
      'pod "monitoring/kps-kube-state-metrics-5d8f7c9b4d-k2x8p" is never acted on: kube-state-metrics is part of the monitoring',
    ],
  ])('%j', (labels, platforms, reason) => {
    expect(answers(labels, platforms)).toEqual([{ ok: false, reason }]);
  });
});

const hostile = [
  '../../kube-system',
  '$(reboot)',
  'web\nrm',
  'w\u202eeb',
  'web/../db',
  'a"b\u0000',
  'Web',
  '-web',
  'web.',
  'x'.repeat(254),
];

describe('a value that can not be right is refused', () => {
  it.each(hostile)('as a name: %j', (value) => {
    for (const word of [
      'deployment',
      'statefulset',
      'job_name',
      'persistentvolumeclaim',
      'hpa',
      'pod',
      'replicaset',
      'service',
    ])
      expect([word, answers({ namespace: 'shop', [word]: value }, one)]).toMatchObject([word, [{ ok: false }]]);
    expect(answers({ node: value }, one)).toMatchObject([{ ok: false }]);
  });

  it.each([...hostile, 'a.b', 'x'.repeat(64)])('as a namespace: %j', (namespace) => {
    expect(answers({ namespace, deployment: 'checkout' }, one)).toMatchObject([{ ok: false }]);
  });

  it.each(['999.1.1.1:9100', '$(reboot):9100', '../x:9100', 'a:b:c:9100'])('as an address: %j', (instance) => {
    expect(answers({ job: 'node-exporter', instance }, one)).toMatchObject([{ ok: false }]);
  });

  it('in a sentence that is safe to print', () => {
    expect(answers({ namespace: 'shop', deployment: 'a"b\u202e\n' }, one)).toEqual([
      { ok: false, reason: 'the labels name a deployment by "a\\"b\\u202e\\n", which is no Kubernetes name' },
    ]);
  });

  it('and nothing that passes holds a character with a meaning to a shell, a path or a URL', () => {
    for (let code = 0; code < 0x300; code += 1) {
      const char = String.fromCharCode(code);
      const passes = answers({ namespace: 'shop', deployment: `web${char}x` }, one).some((answer) => 'by' in answer);
      expect([char, passes]).toEqual([char, /[a-z0-9.-]/.test(char)]);
    }
  });
});

it.each(dialects)('one kind answers, and only one, in the dialect %s', (dialect) => {
  const labels = series('ksm', dialect, { ...ofDeployment, condition: 'Progressing', status: 'false' });
  expect(answers(labels, one)).toMatchObject([{ kind: 'deployment', by: { namespace: 'shop', name: 'checkout' } }]);
});
