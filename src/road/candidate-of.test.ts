import { describe, expect, test } from 'vitest';
import { targets } from '../targets/index.ts';
import { candidateOf } from './candidate-of.ts';

const cluster = { name: 'prod', isDefault: true, protectedNamespaces: ['billing'] };
const platforms = { docker: [{ name: 'edge', instances: [] }], kubernetes: [cluster] };
const of = (key: string) => candidateOf(key, targets, platforms);
/** As the labels of an alert name it. */
const resolved = (labels: Record<string, string>) =>
  targets.flatMap((kind) => kind.resolve(labels, platforms) ?? [])[0];

describe('a key names what the labels of an alert name', () => {
  test.each([
    ['docker/edge/container/web', { name: 'web', engine: 'edge' }],
    ['kubernetes/prod/shop/deployment/web', { namespace: 'shop', deployment: 'web' }],
    ['kubernetes/prod/shop/statefulset/db', { namespace: 'shop', statefulset: 'db' }],
    ['kubernetes/prod/shop/daemonset/log', { namespace: 'shop', daemonset: 'log' }],
    ['kubernetes/prod/shop/job/sum', { namespace: 'shop', job_name: 'sum' }],
    ['kubernetes/prod/shop/cronjob/sum', { namespace: 'shop', cronjob: 'sum' }],
    ['kubernetes/prod/shop/persistentvolumeclaim/data', { namespace: 'shop', persistentvolumeclaim: 'data' }],
    ['kubernetes/prod/shop/horizontalpodautoscaler/web', { namespace: 'shop', horizontalpodautoscaler: 'web' }],
  ])('%s', (key, labels) => {
    expect(of(key)).toEqual(resolved(labels));
  });

  test('each kind can be named', () => {
    const names = targets.map(({ kind, platform }) => {
      if (platform === 'docker') return of(`docker/edge/${kind}/a`);
      return of(kind === 'node' ? 'kubernetes/prod/node/a' : `kubernetes/prod/shop/${kind}/a`);
    });
    expect(names.map((one) => ('kind' in one ? one.kind : one))).toEqual(targets.map(({ kind }) => kind));
  });
});

describe('a key that is none, or names what is never acted on', () => {
  test.each([
    ['', /is no target; what is looks like docker/],
    ['web', /is no target/],
    ['kubernetes/prod/deployment/web', /is no target/],
    ['kubernetes/prod/shop/node/n1', /is no target/],
    ['kubernetes/prod/shop/deployment/../secrets', /is no target/],
    ['kubernetes/prod/shop/deployment/..', /is no target/],
    ['docker/edge/shop/container/web', /is no target/],
    ['kubernetes/dev/shop/deployment/web', /^there is no kubernetes dev; those that are configured are prod$/],
    ['kubernetes/prod/kube-system/deployment/coredns', /never acted on: kube-system is Kubernetes' own namespace$/],
    ['kubernetes/prod/billing/deployment/web', /never acted on: the namespace billing is protected/],
  ])('%s', (key, says) => {
    expect(of(key)).toMatchObject({ ok: false, reason: expect.stringMatching(says) as string });
  });
});
