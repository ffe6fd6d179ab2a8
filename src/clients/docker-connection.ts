import type Dockerode from 'dockerode';
import type { DockerConfig } from '../config/config.ts';
import { UserError } from '../domain/errors.ts';

/**
 * How dockerode gets to one engine. Everything is said, also what is not so: what is left out, dockerode takes from
 * `DOCKER_HOST` and its kin, and another engine than the configured one would answer.
 */
export function dockerConnection({ name, host, tls }: DockerConfig): Dockerode.DockerOptions {
  const secrets = { ca: tls?.ca, cert: tls?.cert, key: tls?.key.reveal() };
  const common = { ...secrets, timeout: undefined, headers: {} };
  const socketPath = host.replace(/^unix:\/\//, '');
  if (socketPath.startsWith('/')) return { ...common, socketPath, host: undefined, port: undefined, protocol: 'http' };
  if (!URL.canParse(host) || !/^(tcp|http|https):$/.test(new URL(host).protocol)) {
    throw new UserError(
      `docker engine ${name}: host ${JSON.stringify(host)} is neither the path of a unix socket nor tcp://host:port`,
    );
  }
  const url = new URL(host);
  const secure = tls !== undefined || url.protocol === 'https:';
  return {
    ...common,
    socketPath: undefined,
    host: url.hostname,
    port: portOf(url, secure),
    protocol: secure ? 'https' : 'http',
  };
}

/** The engine's own ports, unless one is given; `URL` hides the default ports of http and https. */
function portOf(url: URL, secure: boolean): string {
  if (url.port !== '') return url.port;
  if (url.protocol === 'https:') return '443';
  if (url.protocol === 'http:') return '80';
  return secure ? '2376' : '2375';
}
