import { expect, test } from 'vitest';
import { UserError } from '../domain/errors.ts';
import { findDocker } from './find-docker.ts';

const find = (env: Record<string, string>) => findDocker({ env, readFile: (path) => `text of ${path}` }, () => true);

const noFile = (): string => {
  throw new Error('no such file');
};

test.each([
  [{}, '/var/run/docker.sock'],
  [{ DOCKER_HOST: '' }, '/var/run/docker.sock'],
  [{ DOCKER_HOST: 'unix:///run/user/1000/docker.sock' }, '/run/user/1000/docker.sock'],
  [{ DOCKER_HOST: 'tcp://10.0.0.5:1234' }, 'tcp://10.0.0.5:1234'],
  [{ DOCKER_HOST: 'tcp://10.0.0.5' }, 'tcp://10.0.0.5:2375'],
  [{ DOCKER_HOST: 'tcp://[fd00::5]', DOCKER_TLS_VERIFY: '' }, 'tcp://[fd00::5]:2375'],
])('%j means %s', (env, host) => {
  expect(find(env)).toEqual([{ name: 'local', host, instances: [] }]);
});

test('DOCKER_TLS_VERIFY takes the keys of DOCKER_CERT_PATH', () => {
  const [engine] = find({ DOCKER_HOST: 'tcp://e', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/certs' });
  expect(engine).toMatchObject({
    host: 'tcp://e:2376',
    tls: { ca: 'text of /certs/ca.pem', cert: 'text of /certs/cert.pem' },
  });
  expect(engine?.tls?.key.reveal()).toBe('text of /certs/key.pem');
});

test('what this version can not talk to is a sentence', () => {
  expect(() => find({ DOCKER_HOST: 'ssh://edge' })).toThrow(
    new UserError('DOCKER_HOST is "ssh://edge": unix:///path and tcp://host:port are supported; or write "docker: []"'),
  );
});

test('keys that can not be read are a sentence', () => {
  const env = { DOCKER_HOST: 'tcp://e', DOCKER_TLS_VERIFY: '1', HOME: '/home/me' };
  expect(() => findDocker({ env, readFile: noFile }, () => true)).toThrow(
    new UserError('DOCKER_TLS_VERIFY is set, and /home/me/.docker/ca.pem cannot be read: no such file'),
  );
});
