import type { ContainerState } from '../../domain/clients.ts';
import type { Target } from '../../domain/target.ts';

/** `docker/edge-1/container/web`; uid is the full id. */
export const containerTarget = (engine: string, { name, id }: Pick<ContainerState, 'name' | 'id'>): Target => ({
  kind: 'container',
  key: `docker/${engine}/container/${name}`,
  uid: id,
});

/** What the key says. Throws when it is no container's: a bug of ours. */
export function parseContainerKey(key: string): { readonly engine: string; readonly name: string } {
  const [, engine, name] = /^docker\/(.+)\/container\/([^/]+)$/.exec(key) ?? [];
  if (engine === undefined || name === undefined) throw new Error(`${key} is not the key of a container`);
  return { engine, name };
}
