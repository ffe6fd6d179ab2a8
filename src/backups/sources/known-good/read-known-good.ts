import { ActionError } from '../../../domain/errors.ts';
import { contentKey, type KnownGood, type Recall } from '../../../domain/known-good.ts';
import { parseKubernetesKey } from '../../../kubernetes/key.ts';
import { bestAmong } from '../../../known-good/changes/best.ts';
import { bodyOf } from '../../../known-good/content/body-of.ts';
import { watchedKind } from '../../../known-good/content/kinds.ts';
import { keptKinds } from '../../object-files/kept-kinds.ts';
import { keptVolume } from '../../object-files/kept-volume.ts';
import type { ObjectFile } from '../../object-files/object-file.ts';

/** Contents that are held at once. */
const together = 100;

/**
 * The best known-good of each target in a cluster, or in some namespaces of it, with all that it depends on. Where two
 * differ in an object, that counts which was healthy later. Throws ActionError.
 */
export async function* readKnownGood(
  memory: Recall,
  place: string,
  namespaces: readonly string[] | undefined,
): AsyncGenerator<ObjectFile, void> {
  const objects = await goodVersions(memory, place, namespaces);
  const { others = [] } = memory;
  const ordered = [...objects]
    .map(([key, { hash }]) => ({ key, hash, at: parseKubernetesKey(key) }))
    .filter(isToBeApplied);
  const rank = new Map(keptKinds.map(({ kind }, index) => [kind, index]));
  const rankOf = (kind: string): number => rank.get(kind) ?? lastOfObjects;
  ordered.sort((one, other) => rankOf(one.at.kind) - rankOf(other.at.kind) || (one.key < other.key ? -1 : 1));
  for (let from = 0; from < ordered.length; from += together) {
    const wanted = ordered.slice(from, from + together);
    const contents = await memory.contents(wanted);
    for (const { key, hash, at } of wanted) {
      const content = contents.get(contentKey(key, hash));
      const watched = watchedKind(at.kind, others);
      // It was forgotten since its name was read, or the configuration does not speak of its kind any more.
      if (content === undefined || watched === undefined)
        throw new ActionError(`version ${hash} of ${key} is not remembered any more`, 'conflict', true);
      const stage = keptKinds.find(({ kind }) => kind === at.kind)?.stage ?? '2-objects';
      yield {
        folder: at.namespace === '' ? stage : `${stage}/${at.namespace}`,
        kind: at.kind,
        resource: watched.resource,
        object: bodyOf(at.kind, at, at.kind === 'persistentvolume' ? keptVolume(content) : content, others),
      };
    }
  }
}

const lastOfObjects = keptKinds.findLastIndex(({ stage }) => stage === '2-objects') + 0.5;

/** A node is made by its machine, and of a Secret no more is remembered than can be compared. */
const isToBeApplied = ({ at }: { readonly at: { readonly kind: string } }): boolean =>
  at.kind !== 'node' && at.kind !== 'secret';

async function goodVersions(
  memory: Recall,
  place: string,
  namespaces: readonly string[] | undefined,
): Promise<ReadonlyMap<string, { readonly hash: string; readonly seenAt: number }>> {
  const isMeant = (target: string): boolean =>
    target.startsWith(`${place}/`) && (namespaces?.includes(parseKubernetesKey(target).namespace) ?? true);
  const found = new Map<string, { readonly hash: string; readonly seenAt: number }>();
  for (const target of (await memory.targets()).filter(isMeant).toSorted()) {
    const best: KnownGood | undefined = bestAmong((await memory.remembered(target))?.knownGoods ?? [], memory);
    for (const [key, hash] of Object.entries(best?.objects ?? {}))
      if (best !== undefined && best.seenAt > (found.get(key)?.seenAt ?? 0))
        found.set(key, { hash, seenAt: best.seenAt });
  }
  if (found.size === 0)
    throw new ActionError(`nothing in ${place} was seen healthy yet: there is no known-good of it`, 'not-found', true);
  return found;
}
