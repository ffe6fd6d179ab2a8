import { z } from 'zod';
import { defineAction } from '../../domain/action.ts';
import type { WorkloadState } from '../../kubernetes/state.ts';
import { orKnownGood } from '../known-good/or-known-good.ts';
import { noParams } from '../no-params.ts';
import { pinnedWorkload, settledBy } from '../pinned-workload.ts';
import { observeVersions, permissionsOn, planVersions, setWriter, version } from './set-versions.ts';
import { takenByRollBack } from './taken-by-roll-back.ts';
import { hasTemplate, templateIsBack } from './template-writer.ts';

const change = z.strictObject({ ...pinnedWorkload, to: version, from: version });
type Change = z.infer<typeof change>;

/** Brings the template back that an earlier revision has; its controller replaces what is ill of the other one first. */
export const rollbackDaemonSet = orKnownGood(
  'daemonset',
  defineAction<undefined, WorkloadState, Change>({
    verb: 'rollback',
    on: 'daemonset',
    role: 'fix',
    risk: 'low',
    permissions: permissionsOn('daemonset'),
    params: noParams,
    change,
    observe: observeVersions('daemonset'),
    plan: (input) => {
      const planned = planVersions(input);
      return 'ok' in planned ? planned : planned.plans;
    },
    apply: setWriter.goBack,
    settled: (pinned, clients) => settledBy(pinned, clients, hasTemplate(pinned.to)),
    undo: setWriter.takeBack,
    takesAway: ({ to }, state) => takenByRollBack(to.controllerRevision.name, state),
    verify: templateIsBack,
  }),
);
