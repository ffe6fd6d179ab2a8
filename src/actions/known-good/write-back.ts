import type { Clients } from '../../domain/clients.ts';
import { type Content, contentKey } from '../../domain/known-good.ts';
import { ActionError } from '../../domain/errors.ts';
import type { Meta } from '../../domain/kubernetes.ts';
import type { Place, Resource } from '../../domain/kubernetes-client.ts';
import { contentOf, hashOf, isComparable } from '../../known-good/content/content-of.ts';
import { bodyOf } from '../../known-good/content/body-of.ts';
import { field, isFields } from '../../domain/fields.ts';
import { watchedKind } from '../../known-good/content/kinds.ts';
import { patchFrom } from '../../known-good/content/patch-from.ts';
import { valueAt } from '../../known-good/content/path.ts';
import { freedOfClaim, putBack } from '../../known-good/content/put-back.ts';
import { sealsOf } from '../../known-good/secrets/sealed-secret.ts';
import { differences } from '../../known-good/changes/compare.ts';
import { kindOf, objectName } from '../../domain/object-key.ts';
import { controllerOf } from '../../kubernetes/controller-of.ts';
import { allowedBy, handsOff, maintained, markOf } from '../../kubernetes/hands-off.ts';
import { isOwnRedis, ownRedisIn } from '../../kubernetes/own-redis.ts';
import { ownersOf } from '../../kubernetes/owners.ts';
import { protectedBecause } from '../../kubernetes/protected.ts';
import { runsOwnRedis } from '../../domain/own-redis.ts';
import { labelsAt } from '../../known-good/graph/fields.ts';
import { kubernetesCluster } from '../../kubernetes/cluster.ts';
import { parseKubernetesKey } from '../../kubernetes/key.ts';
import { ourManager } from '../../domain/our-writes.ts';
import { isOurs, writerOf } from '../../kubernetes/writers.ts';
import type { Restoration } from './put-back.ts';

/** How often an object is read anew when something else was written meanwhile: a status, mostly. */
const tries = 5;

interface Way {
  readonly key: string;
  readonly uid: string;
  readonly paths: readonly string[];
  /** Undefined: it is not there. */
  readonly from: Content | undefined;
  readonly to: Content | undefined;
  /** It is made anew: what the API and controllers add to what we write is no other thing. */
  readonly anew: boolean;
}

/** Where the object is, and what it is at this moment. */
interface Live {
  readonly kind: string;
  readonly place: Place;
  readonly resource: Resource;
  readonly object: { readonly metadata: Meta } | undefined;
  readonly content: Content | undefined;
}

/**
 * Makes one object what it was, as far as the paths tell, in one write that the API refuses when anything else was written
 * since it was read. Done already is success. Throws ActionError `conflict` when somebody else has changed it meanwhile.
 */
export async function restore(restoration: Restoration, clients: Clients, signal: AbortSignal): Promise<void> {
  await go(await wayOf(restoration, clients), clients, signal, async ({ object }) => {
    if (object !== undefined) await refuse(restoration.key, object, clients);
    return true;
  });
}

/**
 * What somebody has said of the target since it was planned holds all of it, also what is written around it. Throws ActionError
 * `conflict` when it is not to be acted on.
 */
export async function heed(target: string, clients: Clients, signal: AbortSignal): Promise<void> {
  const { object } = await look({ key: target }, clients, signal);
  if (object !== undefined && allowedBy(markOf(object.metadata)) === 'observe')
    throw notPutBack(target, marked(object.metadata) ?? '');
}

/** What somebody makes from something else is his to change, and what we see by is never touched. Throws ActionError `conflict`. */
async function refuse(
  key: string,
  { metadata, ...rest }: { readonly metadata: Meta },
  clients: Clients,
): Promise<void> {
  const { cluster, namespace, kind } = parseKubernetesKey(key);
  const [owner] = ownersOf(metadata);
  const maker = controllerOf(metadata);
  const selector = labelsAt(rest, 'spec', 'selector');
  const like = { name: metadata.name, labels: [metadata.labels, ...(kind === 'service' ? [selector] : [])] };
  const client = kubernetesCluster(cluster, clients);
  const because =
    (owner && `it belongs to ${owner.manager} (${owner.name})`) ??
    (maker && `${maker.kind} ${maker.name} makes it`) ??
    marked(metadata) ??
    (kind === 'service' ? protectedBecause(like) : undefined) ??
    (kind === 'service' && isOwnRedis({ kind, ...like }, await ownRedisIn(namespace, client, clients.ownRedis))
      ? runsOwnRedis
      : undefined);
  if (because !== undefined) throw notPutBack(key, because);
}

function marked(metadata: Meta): string | undefined {
  if (handsOff(metadata) !== undefined) return 'its annotation says hands off';
  return maintained(metadata) ? 'it is under maintenance' : undefined;
}

const notPutBack = (key: string, because: string): ActionError =>
  new ActionError(`${objectName(key)} is not put back: ${because}`, 'conflict', false);

/** The other way round, only as far as it is still what we made of it. */
export async function takeBack(restoration: Restoration, clients: Clients, signal: AbortSignal): Promise<void> {
  const way = await wayOf(restoration, clients).catch(async (error: unknown) => {
    // What could not be read was not written either, unless it was forgotten since.
    if (!isUnkept(error) || (await isWritten(restoration, clients, signal))) throw error;
  });
  if (way === undefined) return;
  const { from, to, ...rest } = way;
  const back: Way = { ...rest, from: to, to: from, uid: '' };
  const live = await look(back, clients, signal);
  // What we did not do, or somebody has changed since, is not ours to take back.
  if (!hasAll(live.content, back.from, back) || hasAll(live.content, back.to, back)) return;
  await go(back, clients, signal, ({ object }) => object === undefined || isOursAt(object.metadata, back));
}

/** That what a hash stands for is not kept any more. */
export const isUnkept = (error: unknown): boolean => error instanceof ActionError && error.reason === 'not-found';

/** As far as that can be told without what is not kept: it is not there, or we were the last who wrote it. */
async function isWritten({ key, to, paths }: Restoration, clients: Clients, signal: AbortSignal): Promise<boolean> {
  const { object } = await look({ key }, clients, signal);
  if (object === undefined) return to === '';
  return paths.some((path) => writerOf(object.metadata.managedFields, topOf(path))?.manager === ourManager);
}

/** Whether it is what it was by now. Throws ActionError. */
export async function isRestored(restoration: Restoration, clients: Clients): Promise<boolean> {
  const way = await wayOf(restoration, clients);
  return hasAll((await look(way, clients)).content, way.to, way);
}

async function go(
  way: Way,
  clients: Clients,
  signal: AbortSignal,
  isMeant: (live: Live) => boolean | Promise<boolean>,
): Promise<void> {
  const { cluster } = parseKubernetesKey(way.key);
  const client = kubernetesCluster(cluster, clients);
  const seals = sealsOf(way.key, clients.knownGood?.secrets);
  for (let left = tries; ; left -= 1) {
    const live = await look(way, clients, signal);
    const { kind, place, resource, object, content } = live;
    if (hasAll(content, way.to, way) || !(await isMeant(live))) return;
    if (!isVery(way, live) || !hasAll(content, way.from, way)) throw changedBy(way, live);
    try {
      if (way.to === undefined) await client.remove(resource, place, object?.metadata.uid ?? '', signal);
      else if (object === undefined)
        await client.create(
          resource,
          place,
          seals.openedBody(bodyOf(kind, place, freed(kind, way.to), clients.knownGood?.others)),
          signal,
        );
      else {
        const wanted = putBack(content, way.to, way.paths) ?? {};
        const tests = [
          { op: 'test', path: '/metadata/uid', value: object.metadata.uid },
          { op: 'test', path: '/metadata/resourceVersion', value: object.metadata.resourceVersion },
        ] as const;
        const patch = seals.openedPatch(patchFrom(object, content ?? {}, wanted, kind));
        if (patch.length > 0) await client.patch(resource, place, { json: [...tests, ...patch] }, signal);
      }
      return;
    } catch (error) {
      if (!(error instanceof ActionError) || error.reason !== 'conflict' || left <= 1) throw error;
    }
  }
}

async function look({ key }: Pick<Way, 'key'>, clients: Clients, signal?: AbortSignal): Promise<Live> {
  const { cluster, namespace, kind, name } = parseKubernetesKey(key);
  const place = { namespace, name };
  const resource = watchedKind(kind, clients.knownGood?.others)?.resource;
  if (resource === undefined) throw new Error(`nothing is remembered of a ${kind}`);
  const told = await kubernetesCluster(cluster, clients).get(resource, place, signal);
  const object = told && sealsOf(key, clients.knownGood?.secrets).sealed(told);
  return { kind, place, resource, object, content: object && contentOf(kind, object) };
}

/** All that is at the paths is what it is there. */
const hasAll = (
  content: Content | undefined,
  wanted: Content | undefined,
  { paths, anew }: Pick<Way, 'paths' | 'anew'>,
): boolean => {
  if (content === undefined || wanted === undefined) return content === wanted;
  return anew ? covers(content, wanted) : paths.every((path) => same(valueAt(content, path), valueAt(wanted, path)));
};

/** Not another one of that name. */
const isVery = ({ uid }: Way, { object }: Live): boolean => uid === '' || (object?.metadata.uid ?? uid) === uid;

/** Maps may have more in them than is wanted. */
function covers(is: unknown, wanted: unknown): boolean {
  if (Array.isArray(is) && Array.isArray(wanted))
    return is.length === wanted.length && is.every((one, index) => covers(one, wanted[index]));
  if (isFields(is) && isFields(wanted))
    return Object.keys(wanted).every((name) => covers(field(is, name), wanted[name]));
  return same(is, wanted);
}

/** The claim that a volume was bound to may be gone, and another one have its name. */
const freed = (kind: string, content: Content): Content =>
  kind === 'persistentvolume' ? freedOfClaim(content) : content;

const same = (a: unknown, b: unknown): boolean =>
  a === b || (a !== undefined && b !== undefined && hashOf({ value: a }) === hashOf({ value: b }));

/** Reads what the hashes stand for. Throws ActionError `not-found` when it is not kept any more. */
async function wayOf({ key, uid, from, to, paths, failOpen }: Restoration, { knownGood }: Clients): Promise<Way> {
  const wanted = [from, to].filter((hash) => hash !== '').map((hash) => ({ key, hash }));
  const sealing = knownGood?.secrets;
  // What is there is sealed otherwise by now: nobody can tell whether it is what was planned, or done.
  if (sealing && !wanted.every(({ hash }) => isComparable(kindOf(key), hash, sealing.id)))
    throw new ActionError(
      `known_good.secrets, or its key, was changed since it was planned to write ${objectName(key)}: look after it yourself`,
      'conflict',
      false,
    );
  const contents = (await knownGood?.contents(wanted)) ?? new Map<string, Content>();
  const at = (hash: string): Content | undefined => {
    if (hash === '') return undefined;
    const content = contents.get(contentKey(key, hash));
    if (content !== undefined) return content;
    throw new ActionError(`how ${objectName(key)} was is not kept any more`, 'not-found', false);
  };
  const before = at(from);
  if (!failOpen || before === undefined)
    return { key, uid, paths, from: before, to: at(to), anew: before === undefined };
  const after = failingOpen(before);
  return { key, uid, from: before, to: after, paths: differences(before, after).map(({ path }) => path), anew: false };
}

/** The webhooks of a configuration, none of which refuses what it can not answer for. */
function failingOpen(content: Content): Content {
  const { webhooks } = content;
  if (!Array.isArray(webhooks)) return content;
  return {
    ...content,
    webhooks: webhooks.map((one: unknown) => ({ ...(isFields(one) && one), failurePolicy: 'Ignore' })),
  };
}

function changedBy(way: Way, live: Live): ActionError {
  const { key, paths } = way;
  const { object } = live;
  if (object === undefined) return new ActionError(`${objectName(key)} is gone by now`, 'conflict', false);
  if (!isVery(way, live))
    return new ActionError(`${objectName(key)} was made anew meanwhile: it is not put back`, 'conflict', false);
  const writers = paths.map((path) => writerOf(object.metadata.managedFields, topOf(path)));
  const who = writers.find((writer) => writer !== undefined)?.manager ?? 'somebody who left no name';
  return new ActionError(`${objectName(key)} was changed meanwhile (${who}): it is not put back`, 'conflict', false);
}

/** `/spec/template/…` → `['spec', 'template']`: as deep as field managers are told apart here. */
const topOf = (path: string): readonly string[] => path.split('/').slice(1, 3);

/** What was created is ours when we have written it, and nobody else has but the platform itself. */
function isOursAt(meta: Meta, { to, paths }: Way): boolean {
  if (to !== undefined) return paths.every((path) => isOurs(meta, topOf(path)));
  const fields = (meta.managedFields ?? []).filter(({ subresource }) => subresource !== 'status');
  const managers = new Set(fields.map(({ manager }) => manager));
  return managers.has(ourManager) && [...managers].every((one) => one === ourManager || one === ofPlatform);
}
const ofPlatform = 'kube-controller-manager';
