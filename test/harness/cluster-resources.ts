import { z } from 'zod';
import type { Resource, Resources } from '../../src/domain/kubernetes-client.ts';
import type { Meta } from '../../src/domain/kubernetes.ts';
import type { ClusterApi } from './cluster-api.ts';

/** An object to be made, as in a YAML file. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** What we read of a kind that the product does not read: `configmaps`, `namespaces`, … */
export interface AnyObject {
  readonly metadata: Meta;
  readonly [field: string]: unknown;
}
/** A resource as kubectl names it: `pods`, `deployments.apps`. Those that the product reads have its types. */
export type ObjectOf<R extends string> = R extends Resource ? Resources[R] : AnyObject;

const groups = z.object({
  groups: z.array(z.object({ name: z.string(), preferredVersion: z.object({ groupVersion: z.string() }) })),
});
const served = z.object({
  resources: z.array(z.object({ name: z.string(), kind: z.string(), namespaced: z.boolean() })),
});
type Served = z.infer<typeof served>['resources'][number];

export interface ResourcePaths {
  /** `/apis/apps/v1/namespaces/shop/deployments/web`; without a name that of the collection. */
  ofResource(resource: string, place: { readonly namespace?: string; readonly name?: string }): Promise<string>;
  ofManifest(manifest: Manifest): Promise<string>;
}

/** Asks the cluster itself what it serves, so that it works for custom resources too. */
export function resourcePaths(api: ClusterApi): ResourcePaths {
  const asked = new Map<string, Promise<readonly Served[]>>();
  const read = async (path: string) => {
    const { status, body } = await api.send({ method: 'GET', path });
    if (status !== 200) throw new Error(`GET ${path} answered ${status}`);
    return body;
  };
  const prefixOf = (groupVersion: string) => `/${groupVersion.includes('/') ? 'apis' : 'api'}/${groupVersion}`;
  const servedBy = async (groupVersion: string): Promise<readonly Served[]> => {
    const known = asked.get(groupVersion);
    if (known !== undefined) return known;
    const answer = read(prefixOf(groupVersion)).then((body) => served.parse(body).resources);
    asked.set(groupVersion, answer);
    // A group that is made a moment later (a custom resource) has to be found then.
    answer.catch(() => asked.delete(groupVersion));
    return answer;
  };
  const path = (groupVersion: string, { name, namespaced }: Served, place: { namespace?: string; name?: string }) => {
    const inNamespace = namespaced && place.namespace !== undefined && place.namespace !== '';
    const parts = [prefixOf(groupVersion), ...(inNamespace ? ['namespaces', place.namespace] : []), name];
    return [...parts, ...(place.name === undefined ? [] : [place.name])].join('/');
  };
  const versionOf = async (group: string): Promise<string> => {
    if (group === '') return 'v1';
    const found = groups.parse(await read('/apis')).groups.find(({ name }) => name === group);
    if (found === undefined) throw new Error(`the cluster serves no API group ${group}`);
    return found.preferredVersion.groupVersion;
  };
  const pick = (all: readonly Served[], what: string, test: (one: Served) => boolean): Served => {
    const found = all.find((one) => !one.name.includes('/') && test(one));
    if (found === undefined) throw new Error(`the cluster serves no ${what}`);
    return found;
  };
  return {
    async ofResource(resource, place) {
      const [plural = '', ...group] = resource.split('.');
      const groupVersion = await versionOf(group.join('.'));
      return path(
        groupVersion,
        pick(await servedBy(groupVersion), resource, ({ name }) => name === plural),
        place,
      );
    },
    async ofManifest({ apiVersion, kind, metadata }) {
      const found = pick(await servedBy(apiVersion), `${kind} of ${apiVersion}`, (one) => one.kind === kind);
      return path(apiVersion, found, metadata);
    },
  };
}
