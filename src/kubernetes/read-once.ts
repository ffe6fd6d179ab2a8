import { ActionError } from '../domain/errors.ts';
import type { KubernetesClient, ListOptions, Place, Resource, Resources } from '../domain/kubernetes-client.ts';
import { kinSelectors } from './kin.ts';
import { together } from './together.ts';

/** What was asked about one resource; objects by `namespace/name`. */
interface Asked<R extends Resource> {
  readonly gets: Map<string, Promise<Resources[R] | undefined>>;
  readonly lists: Map<string, Promise<readonly Resources[R][]>>;
  readonly listed: Map<string, Resources[R]>;
}

/**
 * The same client for the length of one delivery: equal reads are one, and pods of a namespace that are asked for
 * together are listed by what their names tell of their labels. A whole namespace is never listed: it may hold thousands,
 * and tens of megabytes. Those lists may be some seconds old; what they do not hold is read by itself. Failures are kept
 * too. It only reads, and once: a write throws, a watch too, and the signals are not heard, because a read belongs to everybody who waits for it.
 * `onAnswer` is called whenever the cluster has answered, if only to refuse.
 */
export function readOnce(client: KubernetesClient, onAnswer: () => void = () => undefined): KubernetesClient {
  const asked: { [R in Resource]?: Asked<R> } = {};
  const of = <R extends Resource>(resource: R): Asked<R> => {
    const known: { [One in R]?: Asked<One> } = asked;
    return (known[resource] ??= { gets: new Map(), lists: new Map(), listed: new Map() });
  };

  async function answered<Value>(read: Promise<Value>): Promise<Value> {
    try {
      const value = await read;
      onAnswer();
      return value;
    } catch (error) {
      if (isRefusal(error)) onAnswer();
      throw error;
    }
  }

  const list = <R extends Resource>(resource: R, options: ListOptions): Promise<readonly Resources[R][]> => {
    const { lists, listed } = of(resource);
    return once(lists, listKey(options), async () => {
      const objects = await answered(client.list(resource, options));
      for (const object of objects) listed.set(placeKey(object.metadata), object);
      return objects;
    });
  };

  const listKin = together(async (namespace, names) => {
    const { listed } = of('pods');
    const left = names.filter((name) => !listed.has(placeKey({ namespace, name })));
    const lists = kinSelectors(left).map(async (labelSelector) => {
      try {
        await list('pods', { namespace, labelSelector, cached: true });
      } catch (error) {
        // Who may not list reads each by itself.
        if (!isRefusal(error)) throw error;
      }
    });
    await Promise.all(lists);
  });

  async function answer<R extends Resource>(resource: R, place: Place): Promise<Resources[R] | undefined> {
    const { lists, listed } = of(resource);
    const key = placeKey(place);
    const all = lists.get(listKey({ namespace: place.namespace }));
    if (all !== undefined) await all;
    else if (resource === 'pods' && !listed.has(key)) await listKin(place);
    return listed.get(key) ?? (all === undefined ? answered(client.get(resource, place)) : undefined);
  }

  const refused = (what: string): Error => new Error(`${what}: a client for one delivery only reads`);
  const refuse = (what: string): Promise<never> => Promise.reject(refused(what));

  return {
    name: client.name,
    protectedNamespaces: client.protectedNamespaces,
    get: (resource, place) => once(of(resource).gets, placeKey(place), () => answer(resource, place)),
    list,
    // It reads as well, and far more than a delivery is about.
    pages: (resource) => {
      throw refused(`list all ${resource}`);
    },
    count: (resource) => refuse(`count ${resource}`),
    logs: ({ namespace, name }) => refuse(`logs of pod ${namespace}/${name}`),
    watch: (resource) => refuse(`watch ${resource}`),
    patch: (resource, place) => refuse(`patch ${resource} ${place.namespace}/${place.name}`),
    createJob: (namespace, { metadata }) => refuse(`create job ${namespace}/${metadata.name}`),
    create: (resource, place) => refuse(`create ${resource} ${place.namespace}/${place.name}`),
    wouldCreate: (resource, place) => refuse(`create ${resource} ${place.namespace}/${place.name}`),
    remove: (resource, place) => refuse(`remove ${resource} ${place.namespace}/${place.name}`),
    evict: ({ namespace, name }) => refuse(`evict pod ${namespace}/${name}`),
    execOut: ({ namespace, name }) => refuse(`a command in pod ${namespace}/${name}`),
    execIn: ({ namespace, name }) => refuse(`a command in pod ${namespace}/${name}`),
    // Whoever opened the client closes it.
    close: () => Promise.resolve(),
  };
}

const isRefusal = (error: unknown): boolean => error instanceof ActionError && !error.retryable;

const placeKey = ({ namespace = '', name }: Partial<Place> & Pick<Place, 'name'>): string => `${namespace}/${name}`;

const listKey = ({ namespace, labelSelector = '', fieldSelector = '' }: ListOptions): string =>
  JSON.stringify([namespace, labelSelector, fieldSelector]);

function once<Value>(known: Map<string, Promise<Value>>, key: string, make: () => Promise<Value>): Promise<Value> {
  const made = known.get(key) ?? make();
  known.set(key, made);
  return made;
}
