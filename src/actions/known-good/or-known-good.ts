import { z } from 'zod';
import { type Action, defineAction } from '../../domain/action.ts';
import { serves } from '../../kubernetes/serving.ts';
import type { WorkloadState } from '../../kubernetes/state.ts';
import { noParams } from '../no-params.ts';
import type { WorkloadKind } from '../pinned-workload.ts';
import { takenByRollout } from '../taken-by-rollout.ts';
import { putAllBack, settled, takeAllBack } from './carry-out.ts';
import { type Known, knownFrom, readKnown } from './known.ts';
import { toPutBack } from './permissions.ts';
import { planPutBack } from './plan-put-back.ts';
import { planProof } from './plan-proof.ts';
import { type PutBack, put } from './put-back.ts';
import { currentRevision } from './under-way.ts';
import { verifyPutBack } from './verify-put-back.ts';
import { writtenAt } from './written-at.ts';

/** Undefined: it is a change of the roll-back by revisions. */
const ourOwn = (change: unknown): PutBack | undefined => put.safeParse(change).data?.putBack;

function read(extra: unknown): { readonly known: Known; readonly rest: unknown } {
  const isWhole = typeof extra === 'object' && extra !== null && 'known' in extra && 'rest' in extra;
  return { known: knownFrom(isWhole ? extra.known : undefined), rest: isWhole ? extra.rest : undefined };
}

/**
 * The roll-back of a workload by its own revisions, which first asks what is remembered: what changed since the workload was
 * healthy, of itself and of what it depends on, is put back. Only where nothing is remembered do the revisions count.
 */
export const orKnownGood = (kind: WorkloadKind, byRevision: Action): Action =>
  defineAction<undefined, WorkloadState, unknown>({
    verb: byRevision.verb,
    on: kind,
    role: byRevision.role,
    risk: byRevision.risk,
    permissions: [...byRevision.permissions, ...toPutBack],
    params: noParams,
    change: z.unknown(),
    observe: async (target, clients) => {
      const [known, rest] = await Promise.all([readKnown(target, clients), byRevision.observe(target, clients)]);
      return { known, rest };
    },
    plan: (input) => {
      const { known, rest } = read(input.extra);
      const planned = planPutBack(input, known, currentRevision(rest));
      if (!('ok' in planned) || planned.unknown !== true) return planned;
      const plans = byRevision.plan({ ...input, extra: rest });
      return 'ok' in plans && planned.off !== true ? { ...plans, reason: `${planned.reason}; ${plans.reason}` } : plans;
    },
    proof: (input) => planProof(input, read(input.extra).known),
    apply: (change, clients, signal) => {
      const ours = ourOwn(change);
      return ours ? putAllBack(ours, clients, signal) : byRevision.apply(change, clients, signal);
    },
    settled: (change, clients) => {
      const ours = ourOwn(change);
      return ours ? settled(ours, clients) : byRevision.settled(change, clients);
    },
    undo: (change, clients, signal) => {
      const ours = ourOwn(change);
      return ours ? takeAllBack(ours, clients, signal) : byRevision.undo(change, clients, signal);
    },
    takesAway: (change, state) => {
      const ours = ourOwn(change);
      if (!ours) return byRevision.takesAway(change, state);
      const { renewal, restorations, target, staying = [] } = ours;
      if (renewal.by === 'proof') return renewal.pods.length;
      if ('restartedAt' in renewal) return takenByRollout(state);
      if (!restorations.some(({ key }) => key === target)) return 0;
      const left = state.pods.filter((pod) => serves(pod) && staying.includes(pod.revision));
      return takenByRollout(state, left.length);
    },
    look: async (change, clients) => {
      const ours = ourOwn(change);
      return ours ? writtenAt(ours, clients) : byRevision.look(change, clients);
    },
    verify: (input) => {
      const ours = ourOwn(input.change);
      return ours ? verifyPutBack({ ...input, change: { putBack: ours } }) : byRevision.verify(input);
    },
  });
