import { volumesOf } from '../../docker/mounts.ts';
import type { BundledContainer } from '../sources/docker-containers/bundle.ts';

type Env = BundledContainer['definition']['env'];

/** Where servers have the files that their dumps stand for, in the images that are used most. */
const ownPaths: Readonly<Record<string, (env: Env) => readonly (string | null | undefined)[]>> = {
  postgres: (env) => ['/var/lib/postgresql', env['PGDATA'], env['POSTGRES_INITDB_WALDIR']],
  mysql: () => ['/var/lib/mysql'],
  redis: () => ['/data', '/var/lib/redis'],
};

/**
 * Names of the volumes of a container that hold the very files that come back out of a dump. Where none is where such files
 * usually are, or nothing is known of the kind, all of them may. `kinds`: of the dumps that go into it.
 */
export function ownVolumes(
  { definition: { hostConfig, env } }: BundledContainer,
  kinds: readonly string[],
): readonly string[] {
  const all = [...volumesOf(hostConfig)];
  const isOf = (target: string, kind: string): boolean =>
    ownPaths[kind]?.(env).some((path) => path && (isIn(path, target) || isIn(target, path))) ?? false;
  const own = kinds.map((kind) => all.filter(([target]) => isOf(target, kind)));
  if (own.some((found) => found.length === 0)) return all.map(([, name]) => name);
  return own.flat().map(([, name]) => name);
}

const isIn = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(`${folder.replace(/\/$/, '')}/`);
