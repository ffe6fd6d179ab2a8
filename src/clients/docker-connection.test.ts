import { afterEach, describe, expect, it, vi } from 'vitest';
import { Secret } from '../config/config.ts';
import { dockerConnection } from './docker-connection.ts';

afterEach(() => vi.unstubAllEnvs());

const to = (host: string, tls?: { ca: string; cert: string; key: Secret }) =>
  dockerConnection({ name: 'edge-1', host, instances: [], ...(tls === undefined ? {} : { tls }) });
const tls = { ca: 'CA', cert: 'CERT', key: new Secret('KEY') };

describe('an engine is reached', () => {
  it.each<[string, object]>([
    ['/var/run/docker.sock', { socketPath: '/var/run/docker.sock', host: undefined, protocol: 'http' }],
    ['unix:///run/docker.sock', { socketPath: '/run/docker.sock', host: undefined, protocol: 'http' }],
    ['tcp://10.0.0.5:2375', { socketPath: undefined, host: '10.0.0.5', port: '2375', protocol: 'http' }],
    ['tcp://edge', { host: 'edge', port: '2375', protocol: 'http' }],
    ['https://edge', { host: 'edge', port: '443', protocol: 'https' }],
  ])('at %s', (host, connection) => {
    expect(to(host)).toMatchObject(connection);
  });

  it('over TLS, with the key revealed to nobody else', () => {
    expect(to('tcp://edge', tls)).toMatchObject({
      host: 'edge',
      port: '2376',
      protocol: 'https',
      ca: 'CA',
      cert: 'CERT',
      key: 'KEY',
    });
  });

  it.each(['edge', 'ssh://edge', ''])('not at %j, in a sentence', (host) => {
    expect(() => to(host)).toThrow(
      `docker engine edge-1: host ${JSON.stringify(host)} is neither the path of a unix socket nor tcp://host:port`,
    );
  });
});

it('the environment does not turn it to another engine', async () => {
  vi.stubEnv('DOCKER_HOST', 'tcp://elsewhere:1');
  vi.stubEnv('DOCKER_CLIENT_TIMEOUT', '1');
  const { default: Docker } = await import('dockerode');
  const { modem } = new Docker(to('/var/run/docker.sock'));
  expect(modem).toMatchObject({ socketPath: '/var/run/docker.sock', host: undefined, timeout: undefined });
});
