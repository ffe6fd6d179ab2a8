import type { EndpointSlice, Service } from '../../domain/kubernetes.ts';
import type { TargetKind } from '../../domain/target.ts';
import { kubernetesCluster } from '../../kubernetes/cluster.ts';
import { confirmKubernetes } from '../../kubernetes/confirm.ts';
import { allowedBy, markOf } from '../../kubernetes/hands-off.ts';
import { parseKubernetesKey } from '../../kubernetes/key.ts';
import { resolveKubernetes } from '../../kubernetes/resolve.ts';

/** Small: it is kept in journals. */
export interface ServiceState {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** `ClusterIP`, `ExternalName` … */
  readonly type: string;
  /** `app=web`; empty: it selects no pods. */
  readonly selector: string;
  /** What its annotation `paramedic.dev/mode` says when that is not `act`; absent: it may be acted on. */
  readonly mode?: string;
  readonly endpoints: number;
  readonly ready: number;
  /** It is not there, and is remembered. */
  readonly gone?: true;
}

const goneService = ({ namespace, name }: Pick<ServiceState, 'namespace' | 'name'>): ServiceState => ({
  namespace,
  name,
  uid: '',
  type: 'ClusterIP',
  selector: '',
  endpoints: 0,
  ready: 0,
  gone: true,
});

export function serviceState({ metadata, spec }: Service, slices: readonly EndpointSlice[]): ServiceState {
  // An endpoint can be in several slices, one for each family of addresses.
  const byAddress = new Map<string, boolean>();
  for (const { addresses, conditions, targetRef } of slices.flatMap((slice) => slice.endpoints ?? [])) {
    const id = targetRef?.name ?? addresses.join();
    // The API leaves `ready` out where it does not know: taken for ready, as everybody is to take it.
    byAddress.set(id, byAddress.get(id) === true || conditions?.ready !== false);
  }
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid,
    type: spec.type ?? 'ClusterIP',
    selector: Object.entries(spec.selector ?? {})
      .map(([name, value]) => `${name}=${value}`)
      .toSorted()
      .join(),
    ...markOf(metadata),
    endpoints: byAddress.size,
    ready: [...byAddress.values()].filter(Boolean).length,
  };
}

export function symptoms({ type, selector, endpoints, ready, gone }: ServiceState): readonly string[] {
  if (gone) return ['it is gone'];
  if (type === 'ExternalName' || ready > 0) return [];
  if (endpoints > 0) return [`none of its ${endpoints} endpoints is ready`];
  return [selector === '' ? 'it has no endpoints' : `no pod matches its selector ${selector}`];
}

/** A Service. Only that nothing answers behind it shows on it: that what answers is wrong, the alert alone can tell. */
export const service: TargetKind<ServiceState> = {
  kind: 'service',
  platform: 'kubernetes',
  permissions: [
    { platform: 'kubernetes', resource: 'services', verbs: ['get', 'list'] },
    { platform: 'kubernetes', resource: 'endpointslices.discovery.k8s.io', verbs: ['list'] },
  ],
  resolve: resolveKubernetes('service'),
  confirm: confirmKubernetes,
  observe: async (target, clients, signal) => {
    const { cluster, ...place } = parseKubernetesKey(target.key);
    const api = kubernetesCluster(cluster, clients);
    const found = await api.get('services', place, signal);
    if (found === undefined && target.remembered) return goneService(place);
    if (found === undefined || (target.uid !== undefined && found.metadata.uid !== target.uid)) return undefined;
    const { namespace, name } = place;
    const labelSelector = `kubernetes.io/service-name=${name}`;
    return serviceState(found, await api.list('endpointslices.discovery.k8s.io', { namespace, labelSelector }, signal));
  },
  symptoms,
  // One that is there, and has no pods yet, is better than none.
  illness: (state) => (state.gone ? ['it is gone', 'and so is its address'] : symptoms(state)),
  mode: allowedBy,
  instance: ({ uid }) => uid,
  lastLifetimeMs: () => undefined,
  unsettled: () => false,
  showsOnObject: false,
};
