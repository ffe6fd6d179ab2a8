import type { RepositoryPlace } from '../../domain/backup.ts';

const [username, password] = ['RESTIC_REST_USERNAME', 'RESTIC_REST_PASSWORD'];

/**
 * The place with the login of a rest-server in its address instead of in the variables for it: restic knows those since 0.16
 * only, and each address has a login of its own, so that one can be copied to another.
 */
export function withRestLogin(place: RepositoryPlace): RepositoryPlace {
  const { location, env } = place;
  const user = env[username]?.reveal();
  if (user === undefined || !location.startsWith('rest:')) return place;
  const url = new URL(location.slice('rest:'.length));
  url.username = user;
  url.password = env[password]?.reveal() ?? '';
  const others = Object.entries(env).filter(([name]) => name !== username && name !== password);
  return { ...place, location: `rest:${url.href}`, env: Object.fromEntries(others) };
}
