import type { Restoration } from '../../src/actions/known-good/put-back.ts';
import type { Clients } from '../../src/domain/clients.ts';
import {
  type Content,
  contentKey,
  type Dependency,
  type KnownGood,
  type ObjectHistory,
  type Recall,
  type Sealing,
  type Version,
} from '../../src/domain/known-good.ts';
import type { Meta } from '../../src/domain/kubernetes.ts';
import { yes } from '../../src/domain/verdict.ts';
import { contentOf, versionHashOf } from '../../src/known-good/content/content-of.ts';
import { watchedKind } from '../../src/known-good/content/kinds.ts';
import { sealsOf } from '../../src/known-good/secrets/sealed-secret.ts';
import { parseKubernetesKey } from '../../src/kubernetes/key.ts';
import { type KubeApi, startKubeApi } from './kube-api.ts';

type Fields = Readonly<Record<string, unknown>>;
type Stored = Fields & { readonly metadata: Meta };

/** A cluster's API, and a memory that sees at once what is there. */
export interface Shop {
  readonly api: KubeApi;
  readonly clients: Clients;
  /** Ids of the known-goods that were said to have failed. */
  readonly demoted: readonly string[];
  /** The histories are what the memory has seen. */
  readonly histories: ReadonlyMap<string, ObjectHistory>;
  /** Somebody writes it, so many ms ago; what is not given of its metadata stays. Its version's hash. */
  write(key: string, object: Fields, by?: string, agoMs?: number): string;
  /** Somebody deletes it, so many ms ago. */
  remove(key: string, agoMs?: number): void;
  get(key: string): Stored | undefined;
  /** What a person can change of it. */
  content(key: string): Content | undefined;
  /** What is there now was healthy until so many ms ago, and depends on it all. */
  stamp(target: string, agoMs?: number): void;
  /** From the first hash of it to the second, as the memory calls them. */
  restoration(key: string, from: string, to: string, ...paths: readonly string[]): Restoration;
  /** The contents of an object are not kept any more. */
  forget(key: string, hash: string): void;
  /** `PATCH settings`, in order. */
  writes(): readonly string[];
  close(): Promise<void>;
}

/** `secrets`: what the Secrets in it are remembered by. */
export async function startPutBackShop(secrets?: Sealing): Promise<Shop> {
  const api = await startKubeApi();
  const histories = new Map<string, ObjectHistory>();
  const contents = new Map<string, Content>();
  const knownGoods: KnownGood[] = [];
  const demoted: string[] = [];
  let target = '';

  const at = (key: string) => {
    const { kind, namespace, name } = parseKubernetesKey(key);
    const resource = watchedKind(kind)?.resource;
    if (resource === undefined) throw new Error(`${kind} is not remembered`);
    return { kind, resource, place: { namespace, name } };
  };
  const get = (key: string): Stored | undefined => {
    const { resource, place } = at(key);
    const object = api.get(resource, place);
    return object && { ...object };
  };
  const content = (key: string): Content | undefined => {
    const object = get(key);
    return object && contentOf(at(key).kind, sealsOf(key, secrets).sealed(object));
  };
  /** As the watch does it. */
  const see = (key: string, seenAt = Date.now()): string => {
    const [object, is, history] = [get(key), content(key), histories.get(key)];
    if (object === undefined || is === undefined) {
      if (history !== undefined && history.goneAt === undefined) histories.set(key, { ...history, goneAt: seenAt });
      return '';
    }
    const hash = versionHashOf(JSON.stringify(is), at(key).kind === 'secret' ? secrets : undefined);
    contents.set(contentKey(key, hash), is);
    const { uid, managedFields = [] } = object.metadata;
    const newest = history?.versions[0];
    const version: Version = { hash, at: seenAt, by: managedFields.at(-1)?.manager ?? '', uid };
    const isSame = newest?.hash === hash && newest.uid === uid;
    histories.set(key, { key, versions: [...(isSame ? [] : [version]), ...(history?.versions ?? [])] });
    return hash;
  };
  const sign = (key: string, manager: string, seenAt: number): void => {
    const { resource } = at(key);
    const object = get(key);
    if (object === undefined) return;
    const others = (object.metadata.managedFields ?? []).filter((one) => one.manager !== manager);
    const fieldsV1 = Object.fromEntries(
      Object.entries(content(key) ?? {}).map(([name, value]) => [`f:${name}`, namesOf(value)]),
    );
    const time = new Date(seenAt).toISOString().replace(/\.\d+Z$/, 'Z');
    api.put(resource, {
      ...object,
      metadata: { ...object.metadata, managedFields: [...others, { manager, operation: 'Update', time, fieldsV1 }] },
    });
  };
  const track = (): void => {
    for (const key of histories.keys()) see(key);
  };
  api.onWrite(({ method, path }) => {
    for (const key of histories.keys()) {
      const { place } = at(key);
      const isIt = path.endsWith(`/${place.name}`) || method === 'POST';
      const before = histories.get(key);
      if (isIt && method !== 'DELETE' && (method === 'PATCH' || before?.goneAt !== undefined))
        sign(key, 'paramedic', Date.now());
    }
    track();
  });

  const graph = (): readonly Dependency[] =>
    [...histories.keys()].map((key) => ({ key, distance: key === target ? 0 : 1, why: 'it needs it' }));
  const knownGood: Recall = {
    blameMs: 3_600_000,
    ...(secrets && { secrets }),
    async remembered(asked) {
      track();
      if (asked !== target) return undefined;
      return { target, current: yes('watched'), knownGoods, graph: graph(), objects: histories };
    },
    contents: async (wanted) =>
      new Map(
        wanted.flatMap(({ key, hash }) => {
          const found = contents.get(contentKey(key, hash));
          return found === undefined ? [] : [[contentKey(key, hash), found] as const];
        }),
      ),
    targets: async () => [target],
    demote: async (_target, id) => void demoted.push(id),
  };

  return {
    api,
    demoted,
    histories,
    get,
    content,
    clients: { docker: new Map(), kubernetes: new Map([['prod', api.client]]), knownGood },
    write(key, object, by = 'kubectl', agoMs = 0) {
      const { resource, place } = at(key);
      const before = get(key);
      const { metadata: given, ...rest } = object;
      const metadata = { ...before?.metadata, ...(typeof given === 'object' && given), ...place };
      const { namespace, ...wide } = metadata;
      const { resourceVersion: _, ...kept } = namespace === '' ? wide : metadata;
      api.put(resource, { ...rest, metadata: kept });
      sign(key, by, Date.now() - agoMs);
      return see(key, Date.now() - agoMs);
    },
    remove(key, agoMs = 0) {
      const { resource, place } = at(key);
      api.remove(resource, place);
      see(key, Date.now() - agoMs);
    },
    stamp(of, agoMs = 600_000) {
      target = of;
      const all = [...histories].filter(([, { goneAt }]) => goneAt === undefined);
      const hashes = (isNode: boolean) =>
        Object.fromEntries(
          all
            .filter(([key]) => (at(key).kind === 'node') === isNode)
            .map(([key, { versions }]) => [key, versions[0]?.hash ?? '']),
        );
      const seenAt = Date.now() - agoMs;
      const healthMs = 7_200_000;
      knownGoods.unshift({
        id: `k${knownGoods.length + 1}`,
        stampedAt: seenAt - healthMs,
        seenAt,
        healthMs,
        objects: hashes(false),
        nodes: hashes(true),
      });
    },
    restoration: (key, from, to, ...paths) => ({
      key,
      uid: from === '' ? '' : (histories.get(key)?.versions[0]?.uid ?? ''),
      from,
      to,
      paths: [...paths],
    }),
    forget: (key, hash) => void contents.delete(contentKey(key, hash)),
    writes: () => api.writes().map(({ method, path, body }) => `${method} ${nameOf(path, body)}`),
    close: () => api.close(),
  };
}

const namesOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.keys(value).map((name) => [`f:${name}`, {}]))
    : {};

/** What is made anew has its name in its body. */
function nameOf(path: string, body: unknown): string {
  const meta = typeof body === 'object' && body !== null && 'metadata' in body ? body.metadata : undefined;
  const made = typeof meta === 'object' && meta !== null && 'name' in meta ? String(meta.name) : undefined;
  return path.endsWith('/eviction') ? `${path.split('/').at(-2)}/eviction` : (made ?? path.split('/').at(-1) ?? '');
}
