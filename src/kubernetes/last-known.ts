import type { Clients } from '../domain/clients.ts';
import { contentKey } from '../domain/known-good.ts';
import type { WorkloadState } from './state.ts';

type Key = Pick<WorkloadState, 'kind' | 'cluster' | 'namespace' | 'name'>;

/** Whether there was such an object, healthy, and its namespace is still the one it was in. */
export async function wasHealthy(key: string, { knownGood }: Clients): Promise<boolean> {
  const remembered = await knownGood?.remembered(key);
  return remembered !== undefined && remembered.knownGoods.length > 0;
}

/** How many replicas it had when it was seen healthy last; 0: nothing is remembered of that. */
export async function lastReplicas(key: string, { knownGood }: Clients): Promise<number> {
  const newest = (await knownGood?.remembered(key))?.knownGoods[0];
  const hash = newest?.objects[key];
  if (knownGood === undefined || hash === undefined) return 0;
  const content = (await knownGood.contents([{ key, hash }])).get(contentKey(key, hash));
  const spec = content?.['spec'];
  if (typeof spec !== 'object' || spec === null || !('replicas' in spec)) return 0;
  return typeof spec.replicas === 'number' ? spec.replicas : 0;
}

/** What is seen of a workload that is gone: that a pod of it is asked for, and there is none. */
export const goneWorkload = ({ kind, cluster, namespace, name }: Key): WorkloadState => ({
  kind,
  cluster,
  namespace,
  name,
  uid: '',
  resourceVersion: '',
  gone: true,
  desired: 1,
  ready: 0,
  updated: 0,
  available: 0,
  present: 0,
  observed: true,
  paused: false,
  strategy: '',
  stalled: '',
  restartedAt: '',
  templateHash: '',
  owners: [],
  pods: [],
  ill: 0,
});
