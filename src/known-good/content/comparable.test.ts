import { expect, it } from 'vitest';
import { comparable } from './comparable.ts';

const service = (spec: object) => ({ spec: { selector: { app: 'web' }, ...spec } });

it('a Service is compared without what the platform gave it, in lists too', () => {
  const spec = {
    clusterIP: '10.0.0.7',
    clusterIPs: ['10.0.0.7'],
    healthCheckNodePort: 30_001,
    ports: [{ port: 80, nodePort: 30_002 }, { port: 81 }],
  };
  expect(comparable('service', service(spec))).toEqual(service({ ports: [{ port: 80 }, { port: 81 }] }));
});

it('a Service without an address is another thing than one with another address', () => {
  const headless = service({ clusterIP: 'None', clusterIPs: ['None'] });
  expect(comparable('service', headless)).toEqual(service({ clusterIP: 'None' }));
});

it('what the platform gave to claims, volumes and webhooks is left out, and nothing else', () => {
  const claim = { spec: { volumeName: 'pv-1', storageClassName: 'a' } };
  expect(comparable('persistentvolumeclaim', claim)).toEqual({ spec: { storageClassName: 'a' } });
  const volume = { spec: { claimRef: { name: 'data', uid: 'c' } } };
  expect(comparable('persistentvolume', volume)).toEqual({ spec: { claimRef: { name: 'data' } } });
  const webhooks = (caBundle: object) => ({ webhooks: [{ name: 'a', clientConfig: { url: 'x', ...caBundle } }] });
  expect(comparable('mutatingwebhookconfiguration', webhooks({ caBundle: 'Zm9v' }))).toEqual(webhooks({}));
  expect(comparable('configmap', claim)).toBe(claim);
});
