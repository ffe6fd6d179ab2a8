import { describe, expect, it } from 'vitest';
import type { Meta } from '../domain/kubernetes.ts';
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
      'nobody, by an owner that does not control it',
      owned('operators.coreos.com/v1', 'ClusterServiceVersion', false),
      [],
    ],
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
    [owned('example.com/v1', 'Shop'), 'change Shop db (example.com/v1) instead, or ask its operator'],
  ])('%j: what to do there', (fields, advice) => {
    expect(ownersOf(meta(fields)).map((owner) => owner.advice)).toEqual([advice]);
  });
});
