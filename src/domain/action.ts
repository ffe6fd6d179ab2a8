import type { ZodType } from 'zod';
import type { Clients } from './clients.ts';
import type { Permission } from './permission.ts';
import type { Plan } from './plan.ts';
import type { Target } from './target.ts';
import { type Verdict, yes } from './verdict.ts';

export type Role = 'prepare' | 'fix' | 'notify';
export type Risk = 'none' | 'low' | 'high';

/**
 * What a run that died has left: `half-done`, a part of the plan shows and the rest is still to be done, because the target
 * must not be left in between; `unknown`, the platform does not say.
 */
export type Settled = 'done' | 'half-done' | 'not-done' | 'unknown';

/** When a trouble began as far as it shows: an alert begins to fire a while after it (its `for`). */
export interface Began {
  /** ms since the epoch */
  readonly at: number;
  /** `hand`: no alert says so, it is when somebody asked for the recovery. */
  readonly by: 'alert' | 'hand';
}

/** What `plan` may look at. */
export interface PlanInput<Params, State> {
  readonly target: Target;
  readonly state: State;
  readonly extra: unknown;
  readonly params: Params;
  /** Labels of the alert that opened the recovery. They are anybody's word. */
  readonly labels: Readonly<Record<string, string>>;
  /** Whose step it is, an id; absent: nothing of it will be carried out. */
  readonly recovery?: string;
  /** The trouble that it is planned for; absent: nobody says since when it is there. */
  readonly began?: Began;
  /** ms since the epoch */
  readonly now: number;
}

/** What `verify` may look at; `certain` in its answer ends the wait before the deadline. */
export interface VerifyInput<State, Change> {
  readonly before: State;
  readonly state: State;
  readonly change: Change;
  /** What the action's own `look` has seen. */
  readonly seen?: unknown;
}
export type Verified = Verdict & { readonly certain?: boolean };

/** `untested`: what lies in wait, and what may come of it, where nobody has carried it out; a sentence. */
export type Proof<Change = unknown> = Plan<Change> & { readonly untested: string };

/** One verb on one kind of target, written by whoever adds it. */
export interface ActionDef<Params, State, Change> {
  readonly verb: string;
  /** The target kind: the registry key is `restart/container`. */
  readonly on: string;
  readonly role: Role;
  readonly risk: Risk;
  /** True: a human says yes to each of its plans, whatever a playbook allows and whoever asks for it by hand. */
  readonly asksAlways?: boolean;
  /** True: what it does protects others, so it is kept although the target stays ill (a node that was drained). */
  readonly keepsEffect?: boolean;
  /** True: what it mends does not show on the target (too much load), so a target that looks well is no reason to stop. */
  readonly unseen?: boolean;
  readonly permissions: readonly Permission[];
  readonly params: ZodType<Params>;
  /** The change comes back from Redis: parsed, never trusted. */
  readonly change: ZodType<Change>;
  /** Its own extra reads, when the target's state is not enough. Without `params`: what it reads whatever they say. */
  observe?(target: Target, clients: Clients, params?: Params, began?: Began): Promise<unknown>;
  /** Pure, best first. A verdict (always ok: false) means there is nothing to do, and says why. */
  plan(input: PlanInput<Params, State>): readonly Plan<Change>[] | Verdict;
  /**
   * Pure. Asked when a plan of it has helped and the target is well: what shows whether something still lies in wait. No
   * more than one is tried. A verdict: ok, nothing does, and why; not ok, something may, and why that can not be shown.
   */
  proof?(input: PlanInput<Params, State>): Proof<Change> | Verdict;
  /** The only writer. Twice is once for one change. Throws ActionError. */
  apply(change: Change, clients: Clients, signal: AbortSignal): Promise<void>;
  /** Asked first by a run that was found in `applying`. */
  settled(change: Change, clients: Clients): Promise<Settled>;
  undo?(change: Change, clients: Clients, signal: AbortSignal): Promise<void>;
  /** Pure. How many replicas that are ready now it takes away at the same time, at most; absent: none. */
  takesAway?(change: Change, state: State): number;
  /** Reads before each `verify` what does not show on the target. Throws ActionError. */
  look?(change: Change, clients: Clients): Promise<unknown>;
  /** Pure; polled. Beside the target kind's own symptoms: did the pinned effect come about? */
  verify(input: VerifyInput<State, Change>): Verified;
}

/** An action as the road sees it: everything unknown, parsed at the door. */
export interface Action {
  readonly key: string;
  readonly verb: string;
  readonly on: string;
  readonly role: Role;
  readonly risk: Risk;
  readonly permissions: readonly Permission[];
  readonly params: ZodType;
  readonly undoable: boolean;
  readonly asksAlways: boolean;
  readonly keepsEffect: boolean;
  readonly unseen: boolean;
  observe(target: Target, clients: Clients, params?: unknown, began?: Began): Promise<unknown>;
  plan(input: PlanInput<unknown, unknown>): readonly Plan[] | Verdict;
  /** Absent: what has helped is believed. */
  readonly proof?: (input: PlanInput<unknown, unknown>) => Proof | Verdict;
  apply(change: unknown, clients: Clients, signal: AbortSignal): Promise<void>;
  settled(change: unknown, clients: Clients): Promise<Settled>;
  undo(change: unknown, clients: Clients, signal: AbortSignal): Promise<void>;
  takesAway(change: unknown, state: unknown): number;
  look(change: unknown, clients: Clients): Promise<unknown>;
  verify(input: VerifyInput<unknown, unknown>): Verified;
}

/** Closes a typed definition behind `unknown`: params and change are parsed here, the state is the kind's own. */
export function defineAction<Params, State, Change>(def: ActionDef<Params, State, Change>): Action {
  const change = (value: unknown): Change => def.change.parse(value);
  const input = (given: PlanInput<unknown, unknown>): PlanInput<Params, State> => ({
    ...given,
    params: def.params.parse(given.params),
    state: given.state as State,
  });
  return {
    key: `${def.verb}/${def.on}`,
    verb: def.verb,
    on: def.on,
    role: def.role,
    risk: def.risk,
    permissions: def.permissions,
    params: def.params,
    undoable: def.undo !== undefined,
    asksAlways: def.asksAlways ?? false,
    keepsEffect: def.keepsEffect ?? false,
    unseen: def.unseen ?? false,
    observe: async (target, clients, params, began) =>
      def.observe?.(target, clients, params === undefined ? undefined : def.params.parse(params), began),
    plan: (given) => def.plan(input(given)),
    ...(def.proof && { proof: (given) => def.proof?.(input(given)) ?? yes('there is nothing to prove') }),
    apply: (value, clients, signal) => def.apply(change(value), clients, signal),
    settled: (value, clients) => def.settled(change(value), clients),
    takesAway: (value, state) => def.takesAway?.(change(value), state as State) ?? 0,
    undo: async (value, clients, signal) => def.undo?.(change(value), clients, signal),
    look: async (value, clients) => def.look?.(change(value), clients),
    verify: (given) =>
      def.verify({
        ...given,
        before: given.before as State,
        state: given.state as State,
        change: change(given.change),
      }),
  };
}
