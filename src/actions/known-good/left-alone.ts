import { field } from '../../domain/fields.ts';
import type { Change, Content } from '../../domain/known-good.ts';
import { contentKey, hashNow } from '../../domain/known-good.ts';
import type { Meta } from '../../domain/kubernetes.ts';
import { isThere, labelsAt } from '../../known-good/graph/fields.ts';
import { holdsData, watchedKind } from '../../known-good/content/kinds.ts';
import { fightOver } from '../../known-good/changes/reverted.ts';
import { closedBecause } from '../../kubernetes/closed-namespace.ts';
import { handsOff, maintained } from '../../kubernetes/hands-off.ts';
import { parseKubernetesKey } from '../../kubernetes/key.ts';
import { ownersOf } from '../../kubernetes/owners.ts';
import type { Owner } from '../../kubernetes/state.ts';
import { isWritten } from './permissions.ts';
import type { Recalled } from './recall.ts';

/** What is asked about an object that changed. */
export interface Asked {
  readonly recalled: Recalled;
  readonly protectedNamespaces: readonly string[];
  readonly target: string;
  /** ms since the epoch */
  readonly now: number;
  /** Of the target itself, as its own state tells. */
  readonly owners: readonly Owner[];
}

/** Why a change is somebody's intent, or not ours to undo, a clause; undefined: it may be put back. */
export function leftAlone(
  change: Change,
  { recalled, protectedNamespaces, target, owners, now }: Asked,
): string | undefined {
  const { object } = change;
  const { remembered, goods } = recalled;
  const { cluster, namespace, kind } = parseKubernetesKey(object);
  const closed = closedBecause(kind === 'namespace' ? parseKubernetesKey(object).name : namespace, {
    name: cluster,
    protectedNamespaces,
  });
  if (closed !== undefined) return closed;
  if (kind === 'node' && isCordon(change)) return 'a cordon is somebody’s intent';
  const isOther = recalled.others.includes(kind);
  if (change.what !== 'appeared' && !isOther && !isWritten(kind, change.what === 'disappeared' ? 'gone' : 'changed'))
    return `a ${kind} is for a human to put back`;
  if (kind === 'secret' && recalled.opens === undefined)
    return 'what it held is not kept, only whether it is another (known_good.secrets: hash)';
  if (kind === 'secret' && ![goods.get(object) ?? '', hashNow(remembered, object) ?? ''].every(opensWith(recalled)))
    return 'it was sealed with another key than that of known_good.secrets_key_file, or only its hash was kept';
  const meta = metaOf(object, change, recalled);
  const mode = handsOff(meta);
  if (mode !== undefined) return `its annotation says that it is not to be acted on (${mode === '' ? 'empty' : mode})`;
  if (maintained(meta)) return 'it is under maintenance';
  const [owner] = [...(object === target ? owners : []), ...ownersOf(meta)];
  if (owner !== undefined) return `it belongs to ${owner.manager} (${owner.name}): ${owner.advice}`;
  if (change.what === 'changed' && (isImmutable(kind, change.path) || isFixed(object, recalled)))
    return 'the API lets nobody change that';
  if (!isKept(change)) return 'how it was is not kept any more';
  const history = remembered.objects.get(object);
  const good = goods.get(object) ?? '';
  const fight = history && good !== '' ? fightOver(history, good, now) : undefined;
  return (
    fight &&
    `it was put back ${fight.times} times, and ${fight.by || 'somebody who left no name'} has changed it again each time`
  );
}

/** A node that had neither taint nor cordon has no `spec` that a person can change, so that it comes and goes as a whole. */
const isCordon = ({ path, before, after }: Change): boolean =>
  path.startsWith('/spec/unschedulable') ||
  (path === '/spec' && [before, after].some((spec) => field(spec, 'unschedulable') !== undefined));

/** Of an object that was changed only those paths are told of which both sides are kept. */
const isKept = ({ what, path, before, after }: Change): boolean =>
  what === 'changed' ? path !== '' : (what === 'appeared' ? after : before) !== undefined;

const isImmutable = (kind: string, path: string): boolean =>
  (watchedKind(kind)?.immutable ?? []).some((one) => path === one || path.startsWith(`${one}/`));

const opensWith =
  ({ opens = '' }: Recalled) =>
  (hash: string): boolean =>
    hash === '' || hash.startsWith(opens);

/**
 * A ConfigMap or Secret that says itself that nobody may change it, or would say so when it is put back, which nobody could
 * undo; a Secret that is of another type by now.
 */
const isFixed = (object: string, { remembered, contents, changes }: Recalled): boolean =>
  holdsData(parseKubernetesKey(object).kind) &&
  (contents.get(contentKey(object, hashNow(remembered, object) ?? ''))?.['immutable'] === true ||
    changes.some((one) => one.object === object && ['/immutable', '/type'].includes(one.path)));

/** As far as what is remembered tells: its labels and annotations now, and who has written it. */
function metaOf(object: string, { by }: Change, { remembered, contents, goods }: Recalled): Meta {
  const { namespace, name } = parseKubernetesKey(object);
  const hash = hashNow(remembered, object) ?? goods.get(object) ?? '';
  const metadata = metadataOf(contents.get(contentKey(object, hash)));
  return {
    name,
    ...(namespace !== '' && { namespace }),
    uid: '',
    resourceVersion: '',
    ...metadata,
    ...(by !== '' && { managedFields: [{ manager: by }] }),
  };
}

/** The labels and annotations of a content. */
export const metadataOf = (content: Content | undefined): Pick<Meta, 'labels' | 'annotations'> =>
  isThere(content, 'metadata')
    ? { labels: labelsAt(content, 'metadata', 'labels'), annotations: labelsAt(content, 'metadata', 'annotations') }
    : {};
