import { expect, it } from 'vitest';
import type { EndpointSlice, Service } from '../../domain/kubernetes.ts';
import { serviceState, symptoms } from './service.ts';

const service = (spec: Service['spec']): Service => ({
  metadata: { name: 'web', namespace: 'shop', uid: 's', resourceVersion: '1' },
  spec,
});
const slice = (...ready: readonly (readonly [string, boolean | undefined])[]): EndpointSlice => ({
  metadata: { name: 'web-x', uid: 'e', resourceVersion: '1' },
  endpoints: ready.map(([name, is]) => ({
    addresses: ['10.0.0.1'],
    conditions: is === undefined ? {} : { ready: is },
    targetRef: { kind: 'Pod', name },
  })),
});
const web = { selector: { tier: 'front', app: 'web' } };

it.each<[string, Service['spec'], readonly EndpointSlice[], readonly string[]]>([
  ['has a ready endpoint', web, [slice(['a', false], ['b', true])], []],
  ['has an endpoint nobody knows about', web, [slice(['a', undefined])], []],
  ['has none that is ready', web, [slice(['a', false]), slice(['b', false])], ['none of its 2 endpoints is ready']],
  ['has one of two families', web, [slice(['a', false]), slice(['a', false])], ['none of its 1 endpoints is ready']],
  ['selects nothing', web, [slice()], ['no pod matches its selector app=web,tier=front']],
  ['has neither selector nor endpoints', {}, [], ['it has no endpoints']],
  ['leads out of the cluster', { type: 'ExternalName' }, [], []],
])('a service that %s', (_what, spec, slices, expected) => {
  expect(symptoms(serviceState(service(spec), slices))).toEqual(expected);
});
