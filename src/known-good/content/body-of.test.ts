import { afterEach, beforeEach, expect, it } from 'vitest';
import { startKubeApi, type KubeApi } from '../../../test/fakes/kube-api.ts';
import { bodyOf } from './body-of.ts';
import { contentOf } from './content-of.ts';
import { watchedKinds } from './kinds.ts';

let api: KubeApi;
const { signal } = new AbortController();
beforeEach(async () => {
  api = await startKubeApi();
});
afterEach(() => api.close());

it.each(watchedKinds.map((kind) => [kind.slug, kind] as const))(
  'a %s is made anew where it was, as the client has its kind, with the same content',
  async (slug, { resource, apiVersion, kind, clusterScoped }) => {
    const place = { namespace: clusterScoped ? '' : 'shop', name: 'it' };
    const content = { metadata: { labels: { a: 'b' } } };
    await api.client.create(resource, place, bodyOf(slug, place, content), signal);
    const made = await api.client.get(resource, place);
    expect(made).toMatchObject({ apiVersion, kind, metadata: { name: 'it', labels: { a: 'b' } } });
    expect(made?.metadata.namespace).toBe(clusterScoped ? undefined : 'shop');
    expect(made && contentOf(slug, made)).toEqual(content);
  },
);

it('a Service is made anew with its address and its node ports', () => {
  const spec = { clusterIP: '10.0.0.7', clusterIPs: ['10.0.0.7'], ports: [{ port: 80, nodePort: 30_002 }] };
  expect(bodyOf('service', { namespace: 'shop', name: 'web' }, { spec })).toEqual({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'shop', name: 'web' },
    spec,
  });
});

it('what lives in no namespace gets none, whatever its place says', () => {
  expect(bodyOf('node', { namespace: 'shop', name: 'n' }, {})).toMatchObject({ metadata: { name: 'n' } });
  expect(bodyOf('node', { namespace: 'shop', name: 'n' }, {})).not.toHaveProperty('metadata.namespace');
});

it('pods are not remembered, and Secrets not without being told to', () => {
  expect(() => bodyOf('pod', { namespace: 'shop', name: 'a' }, {})).toThrow('nothing is remembered of a pod');
  expect(watchedKinds.map(({ resource }) => resource)).not.toContain('pods');
  expect(watchedKinds.map(({ slug }) => slug)).not.toContain('secret');
});
