import { z } from 'zod';
import type { PlanInput } from '../../domain/action.ts';
import type { Clients } from '../../domain/clients.ts';
import type { ControllerRevision, LabelSelector } from '../../domain/kubernetes.ts';
import type { Permission } from '../../domain/permission.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Target } from '../../domain/target.ts';
import type { Verdict } from '../../domain/verdict.ts';
import { kubernetesCluster } from '../../kubernetes/cluster.ts';
import { parseKubernetesKey } from '../../kubernetes/key.ts';
import { ownPods } from '../../kubernetes/own-pods.ts';
import { selectorText } from '../../kubernetes/selector-text.ts';
import {
  isSetHistory,
  type SetHistory,
  setHistoryOf,
  type SetRevision,
  templateKept,
} from '../../kubernetes/set-history.ts';
import type { WorkloadState } from '../../kubernetes/state.ts';
import { on, workloadResource } from '../pinned-workload.ts';
import { pinned, planBack, waysOf } from './roll-back.ts';
import { type PinnedWay, templateWriter } from './template-writer.ts';
import { byHand, type WaysBack } from './ways-back.ts';

type SetKind = Exclude<WorkloadState['kind'], 'deployment'>;

/** One version of the template of a StatefulSet or a DaemonSet, and where it is kept. */
export const version = z.strictObject({
  revision: z.number().int(),
  controllerRevision: z.strictObject({ name: z.string(), uid: z.string() }),
  hash: z.string().regex(/^[0-9a-f]{32}$/),
});
export type SetVersion = z.infer<typeof version>;

const revisionsOf = (
  selector: LabelSelector,
  { cluster, namespace }: { readonly cluster: string; readonly namespace: string },
  clients: Clients,
  signal?: AbortSignal,
): Promise<readonly ControllerRevision[]> => {
  const where = { namespace, labelSelector: selectorText(selector) };
  return kubernetesCluster(cluster, clients).list('controllerrevisions.apps', where, signal);
};

export const setWriter = templateWriter<SetVersion>({
  pinned: ({ controllerRevision }) => controllerRevision,
  list: async (...where) =>
    (await revisionsOf(...where)).map((one) => ({
      name: one.metadata.name,
      uid: one.metadata.uid,
      template: templateKept(one),
    })),
});

export const permissionsOn = (kind: SetKind): readonly Permission[] => [
  on(kind, 'get', 'patch'),
  { platform: 'kubernetes', resource: 'controllerrevisions.apps', verbs: ['list'] },
  { platform: 'kubernetes', resource: 'pods', verbs: ['list'] },
];

/** Undefined: the workload is gone, or another one has its name. All its pods are read: a state tells of twenty. */
export const observeVersions =
  (kind: SetKind) =>
  async (target: Target, clients: Clients): Promise<SetHistory | undefined> => {
    const { cluster, namespace, name } = parseKubernetesKey(target.key);
    const client = kubernetesCluster(cluster, clients);
    const set = await client.get(workloadResource[kind], { namespace, name });
    if (set === undefined || set.metadata.uid !== target.uid) return undefined;
    const { selector } = set.spec;
    const [revisions, selected] = await Promise.all([
      revisionsOf(selector, { cluster, namespace }, clients),
      client.list('pods', { namespace, labelSelector: selectorText(selector) }),
    ]);
    const pods = await ownPods(kind, { metadata: set.metadata, selector }, selected, client);
    return setHistoryOf({ set, revisions, pods });
  };

/** A template that is put back replaces no pod by itself then. */
const unlessOnDelete =
  (state: WorkloadState) =>
  ({ better: [good], ill }: WaysBack<SetRevision>): string => {
    if (state.strategy !== 'OnDelete') return '';
    const names = ill.map(({ name }) => name).join(', ');
    return `its update strategy is OnDelete, so its pods are replaced only when they are deleted; ${byHand(state, good?.number)}, then delete ${names}`;
  };

const pinVersion = (revision: SetRevision): SetVersion => ({
  ...pinned(revision),
  controllerRevision: revision.controllerRevision,
});

export interface PlannedVersions extends WaysBack<SetRevision> {
  /** One for each that is better. */
  readonly plans: readonly Plan<PinnedWay<SetVersion>>[];
}

/** The plans, and what they were made of; or why there is nothing to do. */
export function planVersions({ target, state, extra }: PlanInput<undefined, WorkloadState>): PlannedVersions | Verdict {
  const way = waysOf(state, isSetHistory(extra) ? extra : undefined, unlessOnDelete(state));
  if ('ok' in way) return way;
  const plans = way.better.map((good) => planBack(target, state, way.current, good, pinVersion));
  return { ...way, plans };
}
