import type { Action } from '../domain/action.ts';
import { messageOf } from '../domain/errors.ts';
import type { Guardrail, GuardrailInput, Held, Unplanned } from '../domain/guardrail.ts';
import type { Count } from '../domain/limit.ts';
import type { Plan } from '../domain/plan.ts';
import { actOf } from '../domain/store.ts';
import type { TargetKind } from '../domain/target.ts';
import { no, type Verdict } from '../domain/verdict.ts';
import type { Attempt } from './attempt.ts';
import { createFiring } from './firing.ts';
import { knownWorkloads } from './known-workloads.ts';
import type { Road } from './road.ts';
import { ownEpisodes } from './still-needed.ts';

/** How soon it is asked again whether the other objects of a plan are free, ms. */
const takenMs = 30_000;

export interface Guarded {
  readonly kind: string;
  readonly verdict: Held;
}

export interface Asking {
  readonly attempt: Attempt;
  readonly kind: TargetKind;
  readonly action: Action;
  /** Index of the step. */
  readonly step: number;
  /** The candidate that is asked about again; the next one when absent. */
  readonly candidate?: number;
  readonly state: unknown;
  readonly plan: Plan;
  /** True: nothing will be changed whatever the guardrails say, so nothing is counted. */
  readonly observing: boolean;
}

type Input = Omit<GuardrailInput<unknown>, 'counts'>;

/**
 * Asks every guardrail, also after the first no: the user sees all the reasons. One that throws says no. When none of
 * them holds the step and what else the plan touches is free, the act is counted in; that is the last question, for it
 * may be refused as well.
 */
export async function mayAct(
  asking: Asking,
  road: Road,
  signal: AbortSignal,
): Promise<{ readonly verdicts: readonly Guarded[]; readonly refusal?: Held }> {
  const { attempt, action, step, plan, observing } = asking;
  const input = await inputOf(asking, road, signal);
  const paramsOf = (guardrail: Guardrail): unknown => guardrailParams(guardrail, attempt, road);
  const judge = async (guardrail: Guardrail, counts: readonly Count[]): Promise<Guarded> => ({
    kind: guardrail.kind,
    verdict: await orNo(guardrail.kind, async () => guardrail.check({ ...input, params: paramsOf(guardrail), counts })),
  });

  const counting = road.guardrails.filter(({ limits }) => limits !== undefined);
  const plain = road.guardrails.filter(({ limits }) => limits === undefined);
  const verdicts = await Promise.all(plain.map((guardrail) => judge(guardrail, [])));
  const taken = heldBy(verdicts) === undefined ? await reserveOthers(attempt, plan, road) : undefined;
  const refused = heldBy(verdicts) ?? taken;

  const claimed = await orNo('claim', async () => {
    const limits = counting.map((one) => one.limits?.({ ...input, params: paramsOf(one) }) ?? []);
    const act = actOf(attempt.run, { step, candidate: asking.candidate ?? attempt.tried(step) });
    const take = refused === undefined && !observing;
    const claim = { act, limits: limits.flat(), take, latch: !observing, now: road.clock.now() };
    const counts = await road.store.claim(attempt.run, claim);
    const from = (index: number): number => limits.slice(0, index).flat().length;
    return counting.map((_, index) => counts.slice(from(index), from(index + 1)));
  });
  for (const [index, guardrail] of counting.entries()) {
    verdicts.push(
      'ok' in claimed ? { kind: guardrail.kind, verdict: claimed } : await judge(guardrail, claimed[index] ?? []),
    );
  }
  const about = attempt.about(action.key);
  for (const { kind, verdict } of verdicts) road.report({ event: 'guardrail', ...about, guardrail: kind, verdict });
  const refusal = heldBy(verdicts) ?? taken;
  return { verdicts, ...(refusal && { refusal }) };
}

async function orNo<Value>(what: string, ask: () => Promise<Value>): Promise<Value | Extract<Held, { ok: false }>> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Error && error.name === 'RunReplaced') throw error;
    return { ok: false, reason: `${what} could not decide: ${messageOf(error)}` };
  }
}

export const guardrailParams = ({ kind }: Guardrail, { recovery }: Attempt, road: Road): unknown =>
  recovery.procedure.guardrails[kind] ?? road.config().guardrails[kind];

async function inputOf(
  { attempt, kind, action, state, plan, observing }: Asking,
  road: Road,
  signal: AbortSignal,
): Promise<Input> {
  return { ...(await unplanned({ attempt, kind, observing }, road, signal)), state, action, plan };
}

export async function unplanned(
  { attempt: { recovery }, kind, observing }: Pick<Asking, 'attempt' | 'kind' | 'observing'>,
  road: Road,
  signal: AbortSignal,
): Promise<Unplanned<unknown>> {
  const episodes = await ownEpisodes(recovery, road);
  const heard = episodes.flatMap(({ members }) => Object.values(members).map(({ lastSeenAt }) => lastSeenAt));
  return {
    params: undefined,
    target: recovery.target,
    kind,
    recovery: recovery.id,
    attempt: recovery.attempt,
    about: recovery,
    heardAt: Math.max(recovery.openedAt, ...heard),
    freshnessMs: road.config().freshnessMs,
    firing: createFiring(road, signal),
    known: () => knownWorkloads(kind.platform, recovery.target.key, road, signal),
    store: road.store,
    clients: road.clients(),
    observing,
    now: road.clock.now(),
  };
}

/** All of the refusals in one: undefined when every guardrail lets it. Released when the last of them is. */
export function heldBy(verdicts: readonly Guarded[]): Held | undefined {
  const refusals = verdicts.flatMap(({ kind, verdict }) => (verdict.ok ? [] : [{ kind, verdict }]));
  if (refusals.length === 0) return undefined;
  const waits = refusals.map(({ verdict }) => verdict.retryAfterMs);
  const reason = refusals.map(({ kind, verdict }) => `${kind}: ${verdict.reason}`).join('; ');
  const known = waits.filter((wait) => wait !== undefined);
  const held = known.length === waits.length ? no(reason, Math.max(...known)) : no(reason);
  return refusals.some(({ verdict }) => verdict.page) ? { ...held, page: true } : held;
}

/** Reserves what a plan touches beside its target: a verdict when another recovery is under way for some of it. */
async function reserveOthers(attempt: Attempt, plan: Plan, road: Road): Promise<Verdict | undefined> {
  const others = plan.touches.filter((key) => key !== attempt.recovery.target.key);
  const taken = await road.store.reserve(attempt.run, others);
  return taken && no(`${taken.by} is under way for ${taken.key}`, takenMs);
}
