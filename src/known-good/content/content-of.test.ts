import { describe, expect, it } from 'vitest';
import { live, randomObject } from '../../../test/fakes/random-objects.ts';
import { contentOf, hashOf, versionHashOf } from './content-of.ts';

const meta = {
  name: 'web',
  namespace: 'shop',
  uid: 'u',
  resourceVersion: '7',
  generation: 3,
  creationTimestamp: '2026-01-01T00:00:00Z',
  deletionTimestamp: '2026-01-01T00:00:00Z',
  finalizers: ['x/y'],
  ownerReferences: [{ apiVersion: 'v1', kind: 'Any', name: 'x', uid: 'x' }],
  managedFields: [{ manager: 'kubectl' }],
};
const annotations = {
  'kubectl.kubernetes.io/last-applied-configuration': '{}',
  'deployment.kubernetes.io/revision': '4',
  'deprecated.daemonset.template.generation': '4',
  'endpoints.kubernetes.io/last-change-trigger-time': '2026-01-01T00:00:00Z',
  'autoscaling.alpha.kubernetes.io/conditions': '[]',
  'pv.kubernetes.io/bind-completed': 'yes',
  'volume.kubernetes.io/selected-node': 'n',
  'volume.beta.kubernetes.io/storage-provisioner': 'p',
  'paramedic.dev/drain-begun': '2026-01-01T00:00:00Z',
};

describe('the content of an object', () => {
  it('is its labels, annotations and fields, in the order of their names', () => {
    const content = contentOf('configmap', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { ...meta, labels: { b: '1', a: '2' }, annotations: { ...annotations, team: 'x' } },
      immutable: true,
      data: { Z: '1', A: '2' },
      binaryData: null,
    } as never);
    expect(JSON.stringify(content)).toBe(
      '{"data":{"A":"2","Z":"1"},"immutable":true,"metadata":{"annotations":{"team":"x"},"labels":{"a":"2","b":"1"}}}',
    );
  });

  it.each([
    ['paramedic.dev/mode', 'off'],
    ['paramedic.dev/maintenance', 'until noon'],
    ['volume.beta.kubernetes.io/storage-class', 'fast'],
    ['pv.kubernetes.io/provisioned-by', 'csi'],
  ])('keeps %s, which is no bookkeeping', (name, value) => {
    const metadata = { ...meta, annotations: { ...annotations, [name]: value } };
    expect(contentOf('persistentvolumeclaim', { metadata })).toEqual({ metadata: { annotations: { [name]: value } } });
  });

  it('has no maps for labels and annotations that are not there', () => {
    expect(contentOf('limitrange', { metadata: { ...meta, labels: {}, annotations } })).toEqual({});
  });

  it('is the same for the same values, whatever is written beside them', () => {
    const spec = {
      replicas: 2,
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'a' }] } },
    };
    const at = (restartedAt: string) => ({
      metadata: {
        creationTimestamp: null,
        labels: { app: 'web' },
        annotations: { 'kubectl.kubernetes.io/restartedAt': restartedAt },
      },
      spec: { containers: [{ name: 'a' }] },
    });
    const plain = contentOf('deployment', { metadata: meta, spec } as never);
    const restarted = contentOf('deployment', {
      status: { replicas: 1 },
      spec: { template: at('2026-01-01T00:00:00Z'), replicas: 2 },
      metadata: { ...meta, uid: 'v', annotations },
    } as never);
    expect(plain).toEqual({ spec });
    expect(restarted).toEqual(plain);
    expect(hashOf(restarted ?? {})).toBe(hashOf(plain ?? {}));
    expect(hashOf(plain ?? {})).toMatch(/^[0-9a-f]{32}$/);
    expect(hashOf({ ...plain, spec: { ...spec, replicas: 3 } })).not.toBe(hashOf(plain ?? {}));
  });

  it('does not depend on the order of the keys it is given in, for its hash', () => {
    expect(hashOf({ a: { b: 1, c: 2 }, d: 3 })).toBe(hashOf({ d: 3, a: { c: 2, b: 1 } }));
  });

  it('of a StatefulSet has no status of its claims', () => {
    const claim = { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'] } };
    const spec = { volumeClaimTemplates: [{ ...claim, status: { phase: 'Pending' } }] };
    expect(contentOf('statefulset', { metadata: meta, spec } as never)).toEqual({
      spec: { volumeClaimTemplates: [claim] },
    });
  });

  it('of a node is its labels, its cordon, and the taints that do not tell of its state', () => {
    const taints = [
      { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' },
      { key: 'gpu', value: 'a', effect: 'NoSchedule' },
      { key: 'node.cloudprovider.kubernetes.io/uninitialized', effect: 'NoSchedule' },
      { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' },
    ];
    const metadata = { ...meta, labels: { zone: 'a' }, annotations: { 'csi.volume.kubernetes.io/nodeid': '{}' } };
    const spec = { podCIDR: '10.0.0.0/24', providerID: 'x', unschedulable: true, taints };
    expect(contentOf('node', { metadata, spec } as never)).toEqual({
      metadata: { labels: { zone: 'a' } },
      spec: { unschedulable: true, taints: [taints[1], taints[3]] },
    });
    expect(contentOf('node', { metadata: meta, spec: { podCIDR: 'x', taints: taints.slice(0, 1) } } as never)).toEqual(
      {},
    );
  });

  it('of a namespace is its labels and annotations', () => {
    const metadata = { ...meta, labels: { istio: 'on' } };
    expect(contentOf('namespace', { metadata, spec: { finalizers: ['kubernetes'] } } as never)).toEqual({
      metadata: { labels: { istio: 'on' } },
    });
  });

  it('of a volume has the claim and its uid, and not the version of it', () => {
    const claimRef = { kind: 'PersistentVolumeClaim', namespace: 'shop', name: 'data', uid: 'c' };
    const spec = { capacity: { storage: '1Gi' }, claimRef: { ...claimRef, resourceVersion: '8' } };
    expect(contentOf('persistentvolume', { metadata: meta, spec } as never)).toEqual({ spec: { ...spec, claimRef } });
  });

  it('of an aggregated role has no rules: a controller writes them', () => {
    const rules = [{ verbs: ['get'] }];
    const aggregationRule = { clusterRoleSelectors: [] };
    expect(contentOf('clusterrole', { metadata: meta, rules, aggregationRule } as never)).toEqual({ aggregationRule });
    expect(contentOf('clusterrole', { metadata: meta, rules } as never)).toEqual({ rules });
  });

  it.each([
    ['a root certificate', { name: 'kube-root-ca.crt' }],
    ["Istio's", { name: 'istio-ca-root-cert' }],
    ["Helm's release", { labels: { owner: 'helm' } }],
    ["an old Helm's", { labels: { OWNER: 'TILLER' } }],
    ['the leader of an election', { annotations: { 'control-plane.alpha.kubernetes.io/leader': '{}' } }],
  ])('is not remembered of a ConfigMap that is no configuration: %s', (_, more) => {
    const metadata = { ...meta, ...more };
    expect(contentOf('configmap', { metadata })).toBeUndefined();
    expect(contentOf('service', { metadata })).toBeDefined();
  });

  it('holds what looks like no name of a field', () => {
    const data = JSON.parse('{"__proto__": "a", "constructor": "b", "": "c"}') as object;
    expect(JSON.stringify(contentOf('configmap', { metadata: meta, data } as never))).toBe(
      '{"data":{"":"c","__proto__":"a","constructor":"b"}}',
    );
  });
});

it.each(['configmap', 'deployment', 'node', 'persistentvolume', 'service'])(
  'has one hash, by its JSON too: %s',
  (slug) => {
    const odd = live({ data: { b: '1', 10: '2', 9: '3', a: '4', é: null } });
    for (const object of [odd, ...Array.from({ length: 200 }, (_, seed) => randomObject(slug, seed))]) {
      const content = contentOf(slug, object) ?? {};
      expect(versionHashOf(JSON.stringify(content))).toBe(hashOf(content));
    }
  },
);

describe('a Secret', () => {
  const held = { type: 'Opaque', data: { a: 'sealed:x:y' }, immutable: false, kind: 'Secret', other: 'field' };
  const of = (metadata: object) =>
    contentOf('secret', { ...held, metadata: { ...meta, ownerReferences: [], ...metadata } });
  const everything = JSON.stringify({ data: { a: 'aG9yc2U=' } });

  it('has what it holds, its labels, and of its annotations only those that say whose it is', () => {
    const noted = {
      'kapp.k14s.io/original': everything,
      'kubectl.kubernetes.io/last-applied-configuration': everything,
      'somebody/note': everything,
      'meta.helm.sh/release-name': 'shop',
      'paramedic.dev/mode': 'none',
    };
    expect(of({ labels: { app: 'web' }, annotations: noted })).toEqual({
      type: 'Opaque',
      data: { a: 'sealed:x:y' },
      immutable: false,
      metadata: {
        labels: { app: 'web' },
        annotations: { 'meta.helm.sh/release-name': 'shop', 'paramedic.dev/mode': 'none' },
      },
    });
  });

  it.each([
    [{ ownerReferences: [{ apiVersion: 'bitnami.com/v1alpha1', kind: 'SealedSecret', name: 'a', uid: 'u' }] }],
    [{ annotations: { 'cert-manager.io/certificate-name': 'web' } }],
    [{ labels: { 'controller.cert-manager.io/fao': 'true' } }],
    [{ labels: { 'reconcile.external-secrets.io/managed': 'true' } }],
    [{ annotations: { 'replicator.v1.mittwald.de/replicated-from': 'a/b' } }],
    [{ labels: { owner: 'helm' } }],
  ])('is not remembered when a machine makes it: %j', (metadata) => {
    expect(of(metadata)).toBeUndefined();
  });
});
