import { defineAction } from '../../domain/action.ts';
import { no, type Verdict } from '../../domain/verdict.ts';
import { handsOffAny } from '../../kubernetes/hands-off.ts';
import type { PodState } from '../../kubernetes/state.ts';
import { comesBackTheSame } from '../../kubernetes/trouble-cause.ts';
import { noParams } from '../no-params.ts';
import { writeMs } from '../pinned-workload.ts';
import { allGone, type Change, change, evict, evicted, permissions } from './eviction.ts';

/** Why it is left alone; undefined: whoever made it makes a new one, and that can help. */
function nothingToDo({ namespace, controller, pod }: PodState): Verdict | undefined {
  const { name, trouble, terminating } = pod;
  const not = (because: string): Verdict => no(`pod ${namespace}/${name} is not deleted: ${because}`);
  if (controller === 'none') return not('nothing would make it again, once deleted it is gone');
  if (controller === 'static') return not('its node makes it from a file, and deleting it here would not touch it');
  if (terminating) return not('it is being deleted already');
  if (trouble === '') return not('nothing is wrong with it');
  const kept = handsOffAny([pod]);
  if (kept !== '') return not(kept);
  return comesBackTheSame(trouble) ? not(`that would not mend it (${trouble})`) : undefined;
}

/** For pods that no workload of ours makes, which are only looked at: it shows what could be done. Others are deleted as their workload's. */
export const deletePod = defineAction<undefined, PodState, Change>({
  verb: 'delete-pod',
  on: 'pod',
  role: 'fix',
  risk: 'low',
  permissions,
  params: noParams,
  change,
  plan: ({ target, state }) => {
    const because = nothingToDo(state);
    if (because !== undefined) return because;
    const { cluster, namespace, controller, pod } = state;
    const { name, uid, trouble } = pod;
    return [
      {
        summary: `evict pod ${namespace}/${name} of ${controller} (${trouble})`,
        touches: [target.key],
        change: { cluster, namespace, pods: [{ name, uid }] },
        ownTimeMs: writeMs,
      },
    ];
  },
  apply: evict,
  settled: evicted,
  verify: ({ state, change: pinned }) => allGone(pinned, [state.pod]),
});
