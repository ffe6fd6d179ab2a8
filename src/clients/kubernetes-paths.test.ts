import { expect, it } from 'vitest';
import type { OtherResource } from '../domain/kubernetes-client.ts';
import { groupAndPlural, isOptional, kindOf, pathOf, versionOf } from './kubernetes-paths.ts';

const routes: OtherResource = 'virtualservices.networking.istio.io/v1beta1/VirtualService';

it('a resource that is not in our list says itself what it is, and a cluster need not have it', () => {
  const inShop = { resource: routes, namespace: 'shop' };
  expect(pathOf({ verb: 'list', ...inShop, namespace: '' })).toBe('/apis/networking.istio.io/v1beta1/virtualservices');
  expect(pathOf({ verb: 'get', ...inShop, name: 'web' })).toBe(
    '/apis/networking.istio.io/v1beta1/namespaces/shop/virtualservices/web',
  );
  expect([kindOf(routes), versionOf(routes)]).toEqual(['VirtualService', 'networking.istio.io/v1beta1']);
  expect(groupAndPlural(routes)).toEqual(['networking.istio.io', 'virtualservices']);
  expect(isOptional(routes)).toBe(true);
});

it('those in our list are told as before', () => {
  expect(pathOf({ verb: 'list', resource: 'secrets', namespace: 'shop' })).toBe('/api/v1/namespaces/shop/secrets');
  expect(groupAndPlural('deployments.apps')).toEqual(['apps', 'deployments']);
  expect(isOptional('secrets')).toBe(false);
});
