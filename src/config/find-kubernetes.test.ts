import { expect, test } from 'vitest';
import { UserError } from '../domain/errors.ts';
import { findKubernetes } from './find-kubernetes.ts';
import type { ReadCluster } from './kubernetes-schema.ts';

const token = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const usual = '/home/me/.kube/config';
const good = 'current-context: prod';

/** `files`: what is there. */
const find = (
  env: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>>,
  written?: readonly ReadCluster[],
) => findKubernetes(written, { env, readFile: (path) => files[path] ?? '' }, (path) => path in files);

const pod = { KUBERNETES_SERVICE_HOST: '10.0.0.1' };
const home = { HOME: '/home/me' };
const local = { name: 'local', isDefault: true, protectedNamespaces: [] };

test.each([
  ['nothing', {}, {}, []],
  ['a pod', pod, { [token]: '' }, [local]],
  ['a pod with a kubeconfig', { ...pod, ...home }, { [token]: '', [usual]: good }, [local]],
  ['a pod without a service account', pod, {}, []],
  ['a home without a kubeconfig', home, {}, []],
  ['a home with a kubeconfig', home, { [usual]: good }, [{ ...local, kubeconfig: usual }]],
  ['a kubeconfig that says nothing', home, { [usual]: 'current-context: ""\nclusters: null' }, []],
  ['an empty kubeconfig', home, { [usual]: '' }, []],
  ['KUBECONFIG', { ...home, KUBECONFIG: '/a' }, { '/a': good, [usual]: good }, [{ ...local, kubeconfig: '/a' }]],
  ['KUBECONFIG, a list', { KUBECONFIG: '/a:/none:/b' }, { '/a': '', '/b': good }, [{ ...local, kubeconfig: '/a:/b' }]],
])('%s', (_, env, files, clusters) => {
  expect(find(env, files)).toEqual(clusters);
});

test('what is written is completed by what is found', () => {
  const prod = { name: 'prod', protectedNamespaces: ['pay'] };
  const found = { ...prod, isDefault: true, kubeconfig: usual };
  expect(find(home, { [usual]: good }, [prod])).toEqual([found]);
  expect(find({ ...home, ...pod }, { [usual]: good, [token]: '' }, [prod])).toEqual([{ ...prod, isDefault: true }]);
  expect(find(home, { [usual]: good }, [])).toEqual([]);
  const other = { name: 'other', protectedNamespaces: [], kubeconfig: '/b' };
  expect(find(home, { [usual]: good }, [prod, other])).toEqual([
    { ...found, isDefault: false },
    { ...other, isDefault: false },
  ]);
  expect(find(home, {}, [{ ...other, isDefault: false }])).toEqual([{ ...other, isDefault: false }]);
});

test('a cluster to which nothing leads is a sentence', () => {
  expect(() => find({}, {}, [{ name: 'prod', protectedNamespaces: [] }])).toThrow(
    new UserError(
      'kubernetes prod: it has no "kubeconfig", and there is neither a service account of a pod, nor KUBECONFIG, nor a ~/.kube/config with a current-context',
    ),
  );
});

test('a kubeconfig that is named and useless is a sentence', () => {
  expect(() => find({ KUBECONFIG: '/none' }, {})).toThrow(
    new UserError('KUBECONFIG is "/none": there is no such file; unset it, or write "kubernetes: []"'),
  );
  const unreadable = (): string => {
    throw new Error('permission denied');
  };
  expect(() => findKubernetes(undefined, { env: home, readFile: unreadable }, () => true)).toThrow(
    new UserError(`the kubeconfig ${usual} can not be read: permission denied; or write "kubernetes: []"`),
  );
});

test('two names that may be one cluster are refused: it would be acted on twice', () => {
  const named = (name: string, more: Partial<ReadCluster> = {}) => ({ name, protectedNamespaces: [], ...more });
  const twins = /^kubernetes staging and prod may be the same cluster: both go by /;
  expect(() => find(home, { [usual]: good }, [named('staging'), named('prod')])).toThrow(twins);
  const files = { [usual]: good, '/b': good };
  const half = [named('staging', { kubeconfig: '/b' }), named('prod', { kubeconfig: '/b', context: 'prod' })];
  expect(() => find(home, files, half)).toThrow(twins);
  const whole = [
    named('staging', { kubeconfig: '/b', context: 'a' }),
    named('prod', { kubeconfig: '/b', context: 'b' }),
  ];
  expect(find(home, files, whole)).toHaveLength(2);
});
