import { join } from 'node:path';
import { messageOf, UserError } from '../domain/errors.ts';
import { Secret } from './config.ts';
import type { DockerConfig } from './config.ts';
import type { Source } from './source.ts';

const socket = '/var/run/docker.sock';

/**
 * The engine that the docker command would use: DOCKER_HOST with DOCKER_TLS_VERIFY and DOCKER_CERT_PATH, else the local
 * socket when there is one. It is called `local`. Throws UserError when the environment makes no sense.
 */
export function findDocker(
  { env, readFile }: Pick<Source, 'env' | 'readFile'>,
  exists: (path: string) => boolean,
): readonly DockerConfig[] {
  const host = env['DOCKER_HOST'] ?? '';
  const found = { name: 'local', instances: [] };
  if (host === '') return exists(socket) ? [{ ...found, host: socket }] : [];
  if (/^unix:\/\/\/./.test(host)) return [{ ...found, host: host.slice('unix://'.length) }];
  const url = URL.canParse(host) ? new URL(host) : undefined;
  if (url?.protocol !== 'tcp:' || url.hostname === '')
    throw new UserError(
      `DOCKER_HOST is "${host}": unix:///path and tcp://host:port are supported; or write "docker: []"`,
    );
  const tls = (env['DOCKER_TLS_VERIFY'] ?? '') !== '';
  const address = `tcp://${url.hostname}:${url.port || (tls ? '2376' : '2375')}`;
  if (!tls) return [{ ...found, host: address }];
  const folder = env['DOCKER_CERT_PATH'] ?? join(env['HOME'] ?? '/', '.docker');
  const read = (name: string): string => {
    try {
      return readFile(join(folder, name));
    } catch (error) {
      throw new UserError(`DOCKER_TLS_VERIFY is set, and ${join(folder, name)} cannot be read: ${messageOf(error)}`);
    }
  };
  const keys = { ca: read('ca.pem'), cert: read('cert.pem'), key: new Secret(read('key.pem')) };
  return [{ ...found, host: address, tls: keys }];
}
