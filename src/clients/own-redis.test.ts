import { expect, it } from 'vitest';
import { Secret, type DockerConfig, type KubernetesConfig } from '../config/config.ts';
import { ownRedis, type Whereabouts } from './own-redis.ts';

const engine = (name: string, host: string): DockerConfig => ({ name, host, instances: [] });
const cluster = (name: string, kubeconfig?: string): KubernetesConfig => ({
  name,
  isDefault: false,
  protectedNamespaces: [],
  ...(kubeconfig !== undefined && { kubeconfig }),
});
const docker = [engine('local', '/var/run/docker.sock'), engine('edge-1', 'tcp://10.0.0.7:2376')];
const onMachine: Whereabouts = { namespace: undefined, machine: ['localhost', '127.0.0.1', 'medic', '10.0.0.5'] };
const inPod: Whereabouts = { namespace: 'paramedic', machine: ['localhost', '127.0.0.1', 'medic-0', '10.244.0.9'] };
const at = (url: string, here = onMachine, kubernetes: readonly KubernetesConfig[] = []) =>
  ownRedis({ redis: { url: new Secret(url) }, docker, kubernetes }, here);

it.each([
  ['redis://redis', 'redis', 6379],
  ['rediss://me:secret@Redis.Paramedic.svc.:6380/3', 'redis.paramedic.svc', 6380],
  ['redis://[FD00::7]:7000', 'fd00::7', 7000],
])('%s is read', (url, host, port) => {
  expect(at(url)).toMatchObject({ host, port });
  expect(JSON.stringify(at(url))).not.toContain('secret');
});

it('our own redis-server, and one behind a unix socket, run on no platform', () => {
  expect(ownRedis({ docker, kubernetes: [] }, onMachine)).toBeUndefined();
  expect(at('/run/redis.sock')).toBeUndefined();
});

it.each([
  ['redis://127.0.0.1:6379', [{ name: 'local', byName: true, byPort: true }]],
  ['redis://127.0.1.1:6379', [{ name: 'local', byName: true, byPort: true }]],
  ['redis://medic', [{ name: 'local', byName: true, byPort: true }]],
  ['redis://10.0.0.5', [{ name: 'local', byName: true, byPort: true }]],
  ['redis://redis', [{ name: 'local', byName: true, byPort: false }]],
  [
    'redis://10.0.0.7',
    [
      { name: 'local', byName: true, byPort: false },
      { name: 'edge-1', byName: false, byPort: true },
    ],
  ],
])('%s may be on the engines %j', (url, engines) => {
  expect(at(url)?.engines).toEqual(engines);
});

const both = [cluster('ours'), cluster('other', '/etc/other')];
it.each<[string, Whereabouts, readonly KubernetesConfig[], readonly string[]]>([
  ['is the one whose service account we have', inPod, both, ['ours']],
  ['may be any, when we go by kubeconfigs', inPod, [cluster('a', '/a'), cluster('b', '/b')], ['a', 'b']],
  ['is none outside of a cluster', onMachine, both, []],
])('the cluster that a name is of %s', (_, here, kubernetes, clusters) => {
  expect(at('redis://redis.paramedic', here, kubernetes)?.clusters).toEqual(clusters);
});

it('localhost is a name in no cluster', () => {
  expect(at('redis://localhost', inPod, both)).toMatchObject({ clusters: [], namespace: 'paramedic' });
});
