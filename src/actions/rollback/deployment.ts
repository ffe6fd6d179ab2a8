import { z } from 'zod';
import { defineAction } from '../../domain/action.ts';
import type { Clients } from '../../domain/clients.ts';
import type { LabelSelector, ReplicaSet } from '../../domain/kubernetes.ts';
import type { Target } from '../../domain/target.ts';
import { kubernetesCluster } from '../../kubernetes/cluster.ts';
import { parseKubernetesKey } from '../../kubernetes/key.ts';
import { type History, historyOf, isHistory, type Revision } from '../../kubernetes/revisions.ts';
import { selectorText } from '../../kubernetes/selector-text.ts';
import type { WorkloadState } from '../../kubernetes/state.ts';
import { orKnownGood } from '../known-good/or-known-good.ts';
import { noParams } from '../no-params.ts';
import { on, pinnedWorkload, settledBy } from '../pinned-workload.ts';
import { pinned, planBack, waysOf } from './roll-back.ts';
import { takenByRollBack } from './taken-by-roll-back.ts';
import { hasTemplate, templateIsBack, templateWriter } from './template-writer.ts';

/** One version of the template, and where it is kept. */
const version = z.strictObject({
  revision: z.number().int(),
  replicaSet: z.strictObject({ name: z.string(), uid: z.string() }),
  hash: z.string().regex(/^[0-9a-f]{32}$/),
});
type Version = z.infer<typeof version>;
const change = z.strictObject({ ...pinnedWorkload, to: version, from: version });
type Change = z.infer<typeof change>;

const replicaSetsOf = (
  selector: LabelSelector,
  { cluster, namespace }: { readonly cluster: string; readonly namespace: string },
  clients: Clients,
  signal?: AbortSignal,
): Promise<readonly ReplicaSet[]> => {
  const where = { namespace, labelSelector: selectorText(selector) };
  return kubernetesCluster(cluster, clients).list('replicasets.apps', where, signal);
};

const writer = templateWriter<Version>({
  pinned: ({ replicaSet }) => replicaSet,
  list: async (...where) =>
    (await replicaSetsOf(...where)).map(({ metadata: { name, uid }, spec: { template } }) => ({ name, uid, template })),
});

/** Undefined: the Deployment is gone, or another one has its name. */
async function observe(target: Target, clients: Clients): Promise<History | undefined> {
  const { cluster, namespace, name } = parseKubernetesKey(target.key);
  const deployment = await kubernetesCluster(cluster, clients).get('deployments.apps', { namespace, name });
  if (deployment === undefined || deployment.metadata.uid !== target.uid) return undefined;
  return historyOf(deployment, await replicaSetsOf(deployment.spec.selector, { cluster, namespace }, clients));
}

const pinVersion = (revision: Revision): Version => ({ ...pinned(revision), replicaSet: revision.replicaSet });

/** Brings the template back that an earlier revision, which is seen to work at this moment, has. */
export const rollbackDeployment = orKnownGood(
  'deployment',
  defineAction<undefined, WorkloadState, Change>({
    verb: 'rollback',
    on: 'deployment',
    role: 'fix',
    risk: 'low',
    permissions: [
      on('deployment', 'get', 'patch'),
      { platform: 'kubernetes', resource: 'replicasets.apps', verbs: ['list'] },
    ],
    params: noParams,
    change,
    observe,
    plan: ({ target, state, extra }) => {
      const way = waysOf(state, isHistory(extra) ? { ...extra, pods: state.pods } : undefined);
      return 'ok' in way ? way : way.better.map((good) => planBack(target, state, way.current, good, pinVersion));
    },
    apply: writer.goBack,
    settled: (way, clients) => settledBy(way, clients, hasTemplate(way.to)),
    undo: writer.takeBack,
    takesAway: ({ to }, state) => takenByRollBack(to.replicaSet.name, state),
    verify: templateIsBack,
  }),
);
