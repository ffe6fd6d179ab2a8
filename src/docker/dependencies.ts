import { z } from 'zod';
import type { Dependency } from '../domain/known-good.ts';
import type { Definition, NameOf } from './definition.ts';
import { volumesOf } from './mounts.ts';

/** Names of all containers, and what Compose calls them. */
export interface Neighbours {
  readonly nameOf: NameOf;
  /** Names of a Compose service's containers: `project/service`. */
  readonly ofService: (projectAndService: string) => readonly string[];
}

const others = z.array(z.string()).nullish();

/**
 * What a container depends on: itself, the networks and volumes it uses, and other containers, by their keys. `place` is
 * `docker/edge-1`; `asked` the `HostConfig` as the engine tells it, which still says whose volumes it was given.
 */
export function dependencies(
  place: string,
  name: string,
  { hostConfig, networks, labels }: Definition,
  asked: Readonly<Record<string, unknown>>,
  { nameOf, ofService }: Neighbours,
): readonly Dependency[] {
  const key = (kind: string, of: string): string => `${place}/${kind}/${of}`;
  const found: Dependency[] = [{ key: key('container', name), distance: 0, why: 'itself' }];
  const add = (kind: string, of: string, distance: number, why: string): void => {
    const one = key(kind, of);
    if (!found.some((known) => known.key === one)) found.push({ key: one, distance, why });
  };
  for (const network of Object.keys(networks).filter((one) => one !== 'bridge'))
    add('network', network, 1, 'its network');
  for (const [target, volume] of volumesOf(hostConfig)) add('volume', volume, 1, `its volume at ${target}`);
  for (const [field, what] of sharedModes) {
    const mode = hostConfig[field];
    const other = typeof mode === 'string' ? /^container:(.+)$/.exec(mode)?.[1] : undefined;
    if (other !== undefined) add('container', other, 2, `its ${what} is that one's`);
  }
  const linked = [...(others.parse(hostConfig['Links']) ?? []), ...linksIn(networks)];
  for (const link of linked) add('container', link.split(':')[0] ?? link, 2, 'a link to it');
  for (const from of others.parse(asked['VolumesFrom']) ?? []) {
    const other = from.split(':')[0] ?? from;
    add('container', nameOf(other) ?? other, 2, 'volumes from it');
  }
  const project = labels['com.docker.compose.project'] ?? '';
  for (const service of composeDependencies(labels['com.docker.compose.depends_on'] ?? ''))
    for (const other of ofService(`${project}/${service}`)) add('container', other, 2, 'depends_on of Compose');
  return found;
}

const sharedModes = [
  ['NetworkMode', 'network'],
  ['IpcMode', 'IPC namespace'],
  ['PidMode', 'PID namespace'],
] as const;

const linksIn = (networks: Definition['networks']): readonly string[] =>
  Object.values(networks).flatMap(({ links }) => others.parse(links) ?? []);

/** `db:service_healthy:false,cache:service_started:true` → `db`, `cache` */
const composeDependencies = (label: string): readonly string[] =>
  label
    .split(',')
    .map((one) => one.split(':')[0]?.trim() ?? '')
    .filter((one) => one !== '');
