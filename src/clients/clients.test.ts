import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { kubeconfigOf, startKubeApi } from '../../test/fakes/kube-api.ts';
import { parseConfig } from '../config/parse-config.ts';
import { createClients } from './clients.ts';

const parse = (text: string) =>
  parseConfig(text, { file: '/etc/paramedic.yml', env: {}, readFile: () => '', exists: () => false });

test('each cluster has its client, and one that does not answer stops neither the start nor the others', async () => {
  const api = await startKubeApi();
  const folder = mkdtempSync(join(tmpdir(), 'clients-'));
  const down = join(folder, 'down');
  // Nobody listens on port 1.
  writeFileSync(down, kubeconfigOf('http://127.0.0.1:1'));
  api.put('nodes', { metadata: { name: 'worker-1' } });
  const config = parse(`kubernetes: [{name: down, kubeconfig: ${down}}, {name: up, kubeconfig: ${api.kubeconfig}}]`);
  const { kubernetes } = await createClients(config);
  expect([...kubernetes.keys()]).toEqual(['down', 'up']);
  expect(await kubernetes.get('up')?.list('nodes', { namespace: '' })).toHaveLength(1);
  await expect(kubernetes.get('down')?.list('nodes', { namespace: '' })).rejects.toMatchObject({
    reason: 'unreachable',
  });
  for (const client of kubernetes.values()) await client.close();
  await api.close();
  rmSync(folder, { recursive: true });
});

test('our own Redis is told, and while another one is in use that one', async () => {
  const config = parse('redis: {url: redis://redis.new:6380}\ndocker: [{name: a, socket: /run/a.sock}]');
  const engines = [{ name: 'a', byName: true, byPort: false }];
  expect((await createClients(config)).ownRedis).toMatchObject({ host: 'redis.new', port: 6380, engines });
  const inUse = parse('redis: {url: redis://redis.old}').redis;
  expect((await createClients(config, undefined, inUse)).ownRedis).toMatchObject({ host: 'redis.old', port: 6379 });
  expect((await createClients(parse(''))).ownRedis).toBeUndefined();
});
