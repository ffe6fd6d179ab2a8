import { afterEach, beforeEach, expect, it } from 'vitest';
import { startKubeApi, type KubeApi } from '../../test/fakes/kube-api.ts';

let api: KubeApi;
const web = { namespace: 'shop', name: 'web-1' };
const tail = { container: 'app', lines: 1_000, maxBytes: 100 };

beforeEach(async () => {
  api = await startKubeApi();
  api.put('pods', { metadata: web, spec: { containers: [] } });
});
afterEach(() => api.close());

it('reads the end of a log, of the present instance or the one before', async () => {
  api.log(web, 'app', 'one\ntwo ü\n');
  api.log(web, 'app', 'before\n', true);
  expect(await api.client.logs(web, tail)).toBe('one\ntwo ü\n');
  expect(await api.client.logs(web, { ...tail, previous: true })).toBe('before\n');
  expect(api.requests[0]).toMatchObject({
    path: '/api/v1/namespaces/shop/pods/web-1/log',
    query: { container: 'app', timestamps: 'true', tailLines: '1000' },
  });
});

it('reads its newest lines also where the API would leave them out for want of bytes', async () => {
  api.log(web, 'app', Array.from({ length: 2_000 }, (_, index) => `this is line ${index}\n`).join(''));
  const text = await api.client.logs(web, tail);
  expect(text).toMatch(/^(this is line \d+\n){5}$/);
  expect(text).toContain('line 1999\n');
  api.log(web, 'app', `${'x'.repeat(10_000)}\n`);
  expect(await api.client.logs(web, tail)).toBe('');
});

it('throws an ActionError for what may not be read, or is not there', async () => {
  api.fault({ kind: '403' });
  await expect(api.client.logs(web, tail)).rejects.toMatchObject({
    reason: 'forbidden',
    message:
      'kubernetes prod may not get pods/log in namespace shop: its role lacks {apiGroups: [""], resources: ["pods/log"], verbs: ["get"]}',
  });
  await expect(api.client.logs(web, tail)).rejects.toMatchObject({ reason: 'bad-request' });
  await expect(api.client.logs({ ...web, name: 'nope' }, tail)).rejects.toMatchObject({ reason: 'not-found' });
});

it('lists the events of an object', async () => {
  for (const name of ['web-1', 'web-2'])
    api.put('events', { metadata: { namespace: 'shop', name: `e-${name}` }, involvedObject: { kind: 'Pod', name } });
  const fieldSelector = 'involvedObject.kind=Pod,involvedObject.name=web-2';
  const events = await api.client.list('events', { namespace: 'shop', fieldSelector });
  expect(events.map(({ metadata }) => metadata.name)).toEqual(['e-web-2']);
});
