import type { DockerClient } from '../../domain/clients.ts';
import { ActionError } from '../../domain/errors.ts';
import { contentKey, type Memory } from '../../domain/known-good.ts';
import { definition } from '../../docker/definition.ts';

const repository = 'paramedic-known-good';

/**
 * Gives the images of all known-goods of an engine's containers a name of ours, so that they are not pruned as dangling
 * once their own name goes to another image (`docker image prune -a` takes them all the same). The name stays when they are
 * none any more: to take it off could remove the last copy. Throws ActionError.
 */
export async function keepImages(docker: DockerClient, memory: Memory, signal: AbortSignal): Promise<void> {
  const wanted = await knownImages(docker, memory);
  const named = await docker.imagesNamed(repository, signal);
  for (const id of wanted) {
    const tag = tagOf(id);
    if (named.includes(`${repository}:${tag}`)) continue;
    try {
      await docker.tag(id, repository, tag, signal);
    } catch (error) {
      // Gone already: there is nothing to keep.
      if (!(error instanceof ActionError) || error.reason !== 'not-found') throw error;
    }
  }
}

const tagOf = (id: string): string => id.replace(/^sha256:/, '').slice(0, 12);

async function knownImages(docker: DockerClient, memory: Memory): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  const prefix = `docker/${docker.name}/container/`;
  for (const key of (await memory.targets()).filter((one) => one.startsWith(prefix))) {
    const remembered = await memory.remembered(key);
    const hashes = new Set(remembered?.knownGoods.flatMap(({ objects }) => objects[key] ?? []));
    const contents = await memory.contents([...hashes].map((hash) => ({ key, hash })));
    for (const hash of hashes) {
      const known = definition.safeParse(contents.get(contentKey(key, hash)));
      if (known.success) ids.add(known.data.image.id);
    }
  }
  return ids;
}
