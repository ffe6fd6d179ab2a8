import { isIP } from 'node:net';
import type { Service } from '../domain/kubernetes.ts';
import type { KubernetesClient } from '../domain/kubernetes-client.ts';
import type { OwnRedis } from '../domain/own-redis.ts';
import { isLabelName, podMadeFrom } from './grammar.ts';
import { makerOf } from './maker-of.ts';

/** What our own Redis is in one namespace. */
export interface RedisHere {
  /** Objects that it is, by kind and name. */
  readonly objects: readonly Named[];
  /** Of the Services that lead to it. */
  readonly selectors: readonly Labels[];
}
interface Named {
  readonly kind: string;
  readonly name: string;
}
type Labels = Readonly<Record<string, string>>;

/** A Service, or a pod behind it: `redis.paramedic.svc`, `redis-0.redis.paramedic.svc`. */
interface Place {
  readonly namespace: string;
  readonly service: string;
  readonly pod?: string;
}

/**
 * What our own Redis is in this namespace; undefined: it is none of its. A Service selects pods of its own namespace
 * only, so for a name nothing is read for any other one, and one Service for that; for an address, the namespace's
 * Services and the pods that have it. Throws ActionError when the cluster does not tell: whoever can not be told apart
 * from our own memory is left alone, and where nothing can be read nothing could be written either.
 */
export async function ownRedisIn(
  namespace: string,
  client: KubernetesClient,
  own: OwnRedis | undefined,
): Promise<RedisHere | undefined> {
  if (namespace === '' || own?.clusters.includes(client.name) !== true) return undefined;
  if (isIP(own.host) !== 0) return byAddress(own.host, namespace, client);
  const places = placesOf(own.host, own.namespace).filter((place) => place.namespace === namespace);
  if (places.length === 0) return undefined;
  const services = await Promise.all(places.map(({ service }) => client.get('services', { namespace, name: service })));
  const objects = places.flatMap(({ service, pod }) => [{ kind: 'service', name: service }, ...podAndMaker(pod)]);
  return { objects, selectors: selectorsOf(services.filter((service) => service !== undefined)) };
}

/** By its kind and name, or because a Service of our Redis selects what bears these labels. */
export const isOwnRedis = (
  one: Named & { readonly labels: readonly (Labels | undefined)[] },
  here: RedisHere | undefined,
): boolean =>
  here !== undefined &&
  (here.objects.some((object) => isOf(object, one)) ||
    here.selectors.some((selector) => one.labels.some((labels) => takesIn(selector, labels))));

/** The claim of a StatefulSet's pod is called after it: `data-redis-0`. */
const isOf = (object: Named, { kind, name }: Named): boolean =>
  object.kind === kind
    ? object.name === name
    : object.kind === 'pod' && kind === 'persistentvolumeclaim' && name.endsWith(`-${object.name}`);

const takesIn = (selector: Labels, labels: Labels = {}): boolean =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);

/** One without a selector leads to what somebody wrote down by hand: to nothing that it would select. */
const selectorsOf = (services: readonly Service[]): readonly Labels[] =>
  services.map(({ spec }) => spec.selector ?? {}).filter((selector) => Object.keys(selector).length > 0);

function podAndMaker(pod: string | undefined): readonly Named[] {
  if (pod === undefined) return [];
  const { statefulset } = podMadeFrom(pod);
  const maker = statefulset === undefined ? [] : [{ kind: 'statefulset', name: statefulset }];
  return [{ kind: 'pod', name: pod }, ...maker];
}

/**
 * What a name may mean to a pod, whose resolver tries it in its own namespace, then as `….svc` and in the cluster's
 * domain. A name of the world outside looks like one in a namespace that is not there.
 */
function placesOf(host: string, own: string): readonly Place[] {
  const parts = host.split('.');
  const svc = parts.indexOf('svc', 2);
  const [a = '', b, c, ...more] = svc === -1 ? parts : parts.slice(0, svc);
  if (more.length > 0 || !parts.every(isLabelName)) return [];
  if (c !== undefined) return [{ pod: a, service: b ?? '', namespace: c }];
  if (b === undefined) return [{ service: a, namespace: own }];
  const inNamespace = { service: a, namespace: b };
  const ofStatefulSet = svc === -1 && podMadeFrom(a).statefulset !== undefined;
  return ofStatefulSet ? [inNamespace, { pod: a, service: b, namespace: own }] : [inNamespace];
}

/** A Service's address, or a pod's own. One in its node's network has the node's, as whatever else runs there. */
async function byAddress(address: string, namespace: string, client: KubernetesClient): Promise<RedisHere> {
  const [services, pods] = await Promise.all([
    client.list('services', { namespace }),
    client.list('pods', { namespace, fieldSelector: `status.podIP=${address}`, cached: true }),
  ]);
  const has = ({ spec: { clusterIP = '', clusterIPs = [] } }: Service): boolean =>
    [clusterIP, ...clusterIPs].includes(address);
  const itsServices = services.filter(has);
  const itsPods = pods.filter(({ spec, status }) => spec['hostNetwork'] !== true && status?.podIP === address);
  return {
    objects: [
      ...itsServices.map(({ metadata }) => ({ kind: 'service', name: metadata.name })),
      ...itsPods.flatMap((pod) => [{ kind: 'pod', name: pod.metadata.name }, makerOf(pod)]),
    ],
    selectors: selectorsOf(itsServices),
  };
}
