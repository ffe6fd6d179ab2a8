import { describe, expect, it } from 'vitest';
import type { FieldSet, Meta } from '../domain/kubernetes.ts';
import { ownersOf } from './owners.ts';

const meta = (fields: Partial<Meta>): Meta => ({
  name: 'web',
  namespace: 'shop',
  uid: 'u',
  resourceVersion: '1',
  ...fields,
});
const names = (fields: Partial<Meta>): readonly string[] =>
  ownersOf(meta(fields)).map(({ manager, name }) => `${manager}: ${name}`);
const by = (manager: string, subresource?: string): Partial<Meta> => ({
  managedFields: [{ manager, ...(subresource !== undefined && { subresource }) }],
});
const wrote = (manager: string, fieldsV1: FieldSet, subresource?: string): Partial<Meta> => ({
  managedFields: [{ manager, fieldsV1, ...(subresource !== undefined && { subresource }) }],
});
const tracked = (id: string): Partial<Meta> => ({ annotations: { 'argocd.argoproj.io/tracking-id': id } });
const helm = {
  labels: { 'app.kubernetes.io/managed-by': 'Helm', 'app.kubernetes.io/instance': 'shop' },
  annotations: { 'meta.helm.sh/release-name': 'shop', 'meta.helm.sh/release-namespace': 'prod' },
};
const fluxHelm = { 'helm.toolkit.fluxcd.io/name': 'shop', 'helm.toolkit.fluxcd.io/namespace': 'flux-system' };
const flux = { 'kustomize.toolkit.fluxcd.io/name': 'apps', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' };
const owned = (apiVersion: string, kind: string, controller = true): Partial<Meta> => ({
  ownerReferences: [{ apiVersion, kind, name: 'db', uid: 'o', controller }],
});
const objectSet = (gvk: string, namespace: string): Partial<Meta> => ({
  labels: { 'objectset.rio.cattle.io/hash': 'f00' },
  annotations: {
    'objectset.rio.cattle.io/id': '',
    'objectset.rio.cattle.io/owner-gvk': gvk,
    'objectset.rio.cattle.io/owner-name': 'web',
    'objectset.rio.cattle.io/owner-namespace': namespace,
  },
});
const configSync = (managed: string): Partial<Meta> => ({
  annotations: { 'configmanagement.gke.io/managed': managed, 'configsync.gke.io/manager': ':root_root-sync' },
});
const addon = (mode: string): Partial<Meta> => ({ labels: { 'addonmanager.kubernetes.io/mode': mode } });

describe('who owns an object', () => {
  it.each<[string, Partial<Meta>, readonly string[]]>([
    ['nobody', { labels: { app: 'web' } }, []],
    ['kubectl is no owner', by('kubectl-client-side-apply'), []],
    ['Argo CD, by its annotation', tracked('shop:apps/Deployment:shop/web'), ['Argo CD: application shop']],
    [
      'Argo CD, of a namespace of its own',
      tracked('team-a_shop:apps/Deployment:shop/web'),
      ['Argo CD: application team-a/shop'],
    ],
    ['not Argo CD, which tracks another object: a copy', tracked('shop:apps/Deployment:shop/api'), []],
    ['Argo CD, by its label', { labels: { 'argocd.argoproj.io/instance': 'shop' } }, ['Argo CD: application shop']],
    [
      'Argo CD, by a label that others use too, and its name',
      { labels: { 'app.kubernetes.io/instance': 'shop' }, ...by('argocd-controller') },
      ['Argo CD: application shop'],
    ],
    [
      'Argo CD, by that label and a mark of its own',
      { labels: { 'app.kubernetes.io/instance': 'shop' }, annotations: { 'argocd.argoproj.io/sync-wave': '1' } },
      ['Argo CD: application shop'],
    ],
    ['nobody, by that label alone', { labels: { 'app.kubernetes.io/instance': 'shop' } }, []],
    ['Argo CD, by its name alone', by('argocd-controller'), ['Argo CD: an application']],
    ['nobody, by what was written to the status', by('argocd-controller', 'status'), []],
    ['Flux, by a Kustomization', { labels: flux }, ['Flux: Kustomization flux-system/apps']],
    [
      'not Flux, which was told to leave it',
      { labels: flux, annotations: { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' } },
      [],
    ],
    [
      'not Flux, which only makes it',
      { labels: flux, annotations: { 'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent' } },
      [],
    ],
    ['Flux, by its name alone', by('kustomize-controller'), ['Flux: a Kustomization']],
    ['Helm', helm, ['Helm: release shop']],
    ['Helm, by its name alone', by('helm'), ['Helm: a release']],
    ['nobody, by a label that helm template leaves', { labels: helm.labels }, []],
    [
      'Flux and not Helm, whose marks its helm-controller leaves',
      { ...helm, labels: { ...helm.labels, ...fluxHelm } },
      ['Flux: HelmRelease flux-system/shop'],
    ],
    ['an operator', owned('postgresql.cnpg.io/v1', 'Cluster'), ['operator: Cluster db (postgresql.cnpg.io/v1)']],
    [
      'an operator, by the template that it wrote',
      wrote('postgres-operator', { 'f:spec': { 'f:template': { 'f:spec': {} } } }),
      ['operator: a custom resource of postgres-operator'],
    ],
    [
      'an operator, by the number of replicas',
      wrote('PrometheusOperator', { 'f:spec': { 'f:replicas': {} } }),
      ['operator: a custom resource of PrometheusOperator'],
    ],
    ['nobody, by an operator that wrote a label', wrote('a-operator', { 'f:metadata': { 'f:labels': {} } }), []],
    [
      'nobody, by what an operator wrote to the status',
      wrote('a-operator', { 'f:spec': { 'f:replicas': {} } }, 'status'),
      [],
    ],
    ['nobody, by somebody else who wrote the template', wrote('operators', { 'f:spec': { 'f:template': {} } }), []],
    [
      'an operator, by an owner that does not say it controls it',
      owned('operators.coreos.com/v1alpha1', 'ClusterServiceVersion', false),
      ['operator: ClusterServiceVersion db (operators.coreos.com/v1alpha1)'],
    ],
    [
      "an operator, by a group that only looks like Kubernetes'",
      owned('jobset.x-k8s.io/v1', 'JobSet', false),
      ['operator: JobSet db (jobset.x-k8s.io/v1)'],
    ],
    ['nobody, by what it only has to go with', owned('rbac.authorization.k8s.io/v1', 'ClusterRole', false), []],
    ['nobody, by an owner that is no custom resource', owned('v1', 'ConfigMap', false), []],
    [
      'kapp',
      { labels: { 'kapp.k14s.io/app': '1557433075084066000' } },
      ['kapp: the app with label 1557433075084066000'],
    ],
    ['k3s', objectSet('k3s.cattle.io/v1, Kind=Addon', 'kube-system'), ['k3s: Addon kube-system/web']],
    ['Rancher', objectSet('management.cattle.io/v3, Kind=Cluster', ''), ['Rancher: Cluster web']],
    [
      'Fleet and not Helm, whose marks it leaves',
      {
        labels: { ...helm.labels, 'objectset.rio.cattle.io/hash': 'f00' },
        annotations: { ...helm.annotations, 'objectset.rio.cattle.io/id': 'default-shop' },
      },
      ['Fleet: bundle default-shop'],
    ],
    ['Fleet, by its name alone', by('fleetagent'), ['Fleet: a bundle']],
    ['Config Sync', configSync('enabled'), ['Config Sync: manager :root_root-sync']],
    ['not Config Sync, which was told to leave it', configSync('disabled'), []],
    ['addon-manager', addon('Reconcile'), ['addon-manager: an add-on']],
    ['not addon-manager, which only makes it', addon('EnsureExists'), []],
    ['nobody, by a controller of Kubernetes itself', owned('apps/v1', 'ReplicaSet'), []],
    [
      'several',
      { ...helm, ...owned('example.com/v1', 'Shop') },
      ['operator: Shop db (example.com/v1)', 'Helm: release shop'],
    ],
  ])('%s', (_what, fields, expected) => {
    expect(names(fields)).toEqual(expected);
  });

  it.each<[Partial<Meta>, string]>([
    [tracked('shop:apps/Deployment:shop/web'), 'revert the commit in Git that application shop is synced from'],
    [{ labels: flux }, 'revert the commit in Git that Kustomization flux-system/apps is applied from, or suspend it'],
    [helm, 'roll the release back: helm rollback shop -n prod'],
    [
      wrote('postgres-operator', { 'f:spec': { 'f:template': {} } }),
      'change the custom resource that postgres-operator makes it from',
    ],
    [owned('example.com/v1', 'Shop'), 'change Shop db (example.com/v1) instead, or ask its operator'],
  ])('%j: what to do there', (fields, advice) => {
    expect(ownersOf(meta(fields)).map((owner) => owner.advice)).toEqual([advice]);
  });
});
