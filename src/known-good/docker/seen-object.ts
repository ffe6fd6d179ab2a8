import { ourManager } from '../../domain/our-writes.ts';
import type { HostFile } from '../../domain/docker-objects.ts';
import { fileKey } from '../../domain/object-key.ts';
import type { Content } from '../../domain/known-good.ts';
import type { SeenObject } from '../recorder.ts';
import { hashOf } from '../content/content-of.ts';
import { definitionOf, type NameOf } from '../../docker/definition.ts';
import { inspected, nameOfInspected } from '../../docker/inspected.ts';
import { instantOf } from './instant.ts';
import { predecessors } from '../../domain/recreated-from.ts';
import type { Remembrance } from '../../docker/network-content.ts';

/**
 * A container for the recorder. Its time is that of its creation while it was never seen before: what an engine lets be
 * changed later (its networks, its limits) is told without a time, so that the recorder takes its own. Throws ZodError.
 */
export function seenContainer(place: string, described: unknown, nameOf: NameOf, isNew: boolean): SeenObject {
  const container = inspected.parse(described);
  const made = predecessors(container.Config.Labels ?? {}).length > 0;
  return seen(
    `${place}/container/${nameOfInspected(container)}`,
    definitionOf(described, nameOf),
    container.Id,
    isNew ? instantOf(container.Created) : undefined,
    // An engine tells of no other writer.
    made && isNew ? ourManager : '',
  );
}

export const seenOther = (place: string, kind: 'network' | 'volume', one: Remembrance): SeenObject =>
  seen(`${place}/${kind}/${one.name}`, one.content, one.uid, instantOf(one.createdAt), '');

/**
 * A file of the host at `path` in the container of that name; what is in it is not kept. When it was written is its own
 * word only the first time: a copy may have an old one.
 */
export const seenFile = (
  place: string,
  container: string,
  path: string,
  { sha256, size, modifiedAt }: HostFile,
  isNew: boolean,
): SeenObject => seen(fileKey(place, container, path), { sha256, size }, '', isNew ? modifiedAt : undefined, '');

function seen(key: string, content: Content, uid: string, at: number | undefined, by: string): SeenObject {
  return { key, content, version: { hash: hashOf(content), at: at ?? 0, by, uid } };
}
