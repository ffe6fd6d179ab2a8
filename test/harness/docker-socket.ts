/** The unix socket of the engine the tests use: DOCKER_HOST's, else the usual one. Throws when DOCKER_HOST is no socket. */
export function dockerSocket(host = process.env['DOCKER_HOST'] ?? ''): string {
  if (host === '') return '/var/run/docker.sock';
  const path = host.replace(/^unix:\/\//, '');
  if (path.startsWith('/')) return path;
  throw new Error(`DOCKER_HOST is ${host}; these tests need an engine behind a unix socket`);
}
