import { z } from 'zod';
import { defineAction } from '../../domain/action.ts';
import { kubernetesKey } from '../../kubernetes/key.ts';
import type { WorkloadState } from '../../kubernetes/state.ts';
import { allGone, evicted, permissions } from '../delete-pod/eviction.ts';
import { orKnownGood } from '../known-good/or-known-good.ts';
import { noParams } from '../no-params.ts';
import { pinnedWorkload, settledBy } from '../pinned-workload.ts';
import { evictLeft, leftPods, leftPodsOf } from './left-pods.ts';
import { observeVersions, permissionsOn, planVersions, setWriter, version } from './set-versions.ts';
import { takenByRollBack } from './taken-by-roll-back.ts';
import { hasTemplate, templateIsBack } from './template-writer.ts';

const change = z.strictObject({ ...pinnedWorkload, to: version, from: version, pods: leftPods });
type Change = z.infer<typeof change>;

/** Brings the template back that an earlier revision has, and evicts what is ill of the other one. */
export const rollbackStatefulSet = orKnownGood(
  'statefulset',
  defineAction<undefined, WorkloadState, Change>({
    verb: 'rollback',
    on: 'statefulset',
    role: 'fix',
    risk: 'low',
    permissions: [...permissionsOn('statefulset'), ...permissions],
    params: noParams,
    change,
    observe: observeVersions('statefulset'),
    plan: (input) => {
      const planned = planVersions(input);
      if ('ok' in planned) return planned;
      const { cluster, namespace } = input.state;
      const pods = leftPodsOf(planned.ill);
      const names = pods.map(({ name }) => name);
      const also = names.length === 0 ? '' : `; evict what is ill of that one: ${names.join(', ')}`;
      return planned.plans.map(({ summary, touches, change: way, ...rest }) => ({
        ...rest,
        summary: `${summary}${also}`,
        touches: [...touches, ...names.map((name) => kubernetesKey({ cluster, namespace, kind: 'pod', name }))],
        change: { ...way, pods },
      }));
    },
    apply: async (pinned, clients, signal) => {
      await setWriter.goBack(pinned, clients, signal);
      await evictLeft(pinned, clients, signal);
    },
    settled: async (pinned, clients) => {
      const back = await settledBy(pinned, clients, hasTemplate(pinned.to));
      if (back !== 'done') return back;
      // With the template back, and the pod that its controller waits for still there, it would stand still for ever.
      const gone = await evicted(pinned, clients);
      return gone === 'not-done' ? 'half-done' : gone;
    },
    undo: setWriter.takeBack,
    // What it evicts besides is ill.
    takesAway: ({ to }, state) => takenByRollBack(to.controllerRevision.name, state),
    verify: (input) => {
      const back = templateIsBack(input);
      const gone = allGone(input.change, input.state.pods);
      return back.ok && !gone.ok ? { ...gone, reason: `${back.reason}, and ${gone.reason}` } : back;
    },
  }),
);
