import type { Action } from '../domain/action.ts';
import { messageOf } from '../domain/errors.ts';
import type { Guardrail, GuardrailInput, Held, Unplanned } from '../domain/guardrail.ts';
import { type Count, hasRoom, type Limit } from '../domain/limit.ts';
import type { Manual } from '../domain/manual.ts';
import type { Plan } from '../domain/plan.ts';
import type { Recovery } from '../domain/recovery.ts';
import { actOf } from '../domain/store.ts';
import type { TargetKind } from '../domain/target.ts';
import { no, type Verdict, yes } from '../domain/verdict.ts';
import { modeNow, overridesOf } from './allowed-now.ts';
import { approvalFor } from './approved.ts';
import type { Attempt } from './attempt.ts';
import { createFiring } from './firing.ts';
import { knownWorkloads } from './known-workloads.ts';
import type { Road } from './road.ts';
import { ownEpisodes } from './still-needed.ts';
import { takeEvidence } from './take-evidence.ts';

/** How old the word of a guardrail may be when the act is counted in, ms. */
const staleMs = 2_000;
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
  /** True: they are asked a second time, because the evidence took long. */
  readonly again?: true;
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
  const manual = overridesOf(attempt.recovery);
  const judge = async (guardrail: Guardrail, counts: readonly Count[]): Promise<Guarded> => {
    const check = async (): Promise<Held> => guardrail.check({ ...input, params: paramsOf(guardrail), counts });
    return { kind: guardrail.kind, verdict: overridden(guardrail.kind, await orNo(guardrail.kind, check), manual) };
  };

  const counting = road.guardrails.filter(({ limits }) => limits !== undefined);
  const plain = road.guardrails.filter(({ limits }) => limits === undefined);
  const count = async (take: boolean, latch: boolean): Promise<readonly (readonly Count[])[]> => {
    const limits = counting.map((one) => one.limits?.({ ...input, params: paramsOf(one) }) ?? []);
    const act = actOf(attempt.run, { step });
    const counted = limits.flatMap((some, index) =>
      isOverridden(counting[index], manual) ? some.map(boundless) : some,
    );
    const now = road.clock.now();
    const counts = await road.store.claim(attempt.run, { act, limits: counted, take, latch, now });
    const whole = limits.flat();
    const told = counts.map((one, index) => ({ ...one, limit: whole[index] ?? one.limit }));
    const from = (index: number): number => limits.slice(0, index).flat().length;
    return counting.map((_, index) => told.slice(from(index), from(index + 1)));
  };
  const hasRoomNow = async (): Promise<boolean> => {
    const counts = await count(false, false).catch(() => []);
    return counts.every((some, index) => isOverridden(counting[index], manual) || some.every(hasRoom));
  };
  const verdicts = await Promise.all(plain.map((guardrail) => judge(guardrail, [])));
  // Before anything is counted: it may take a while, and what can not be had may be a reason not to act.
  const plainly = heldBy(verdicts);
  const isOpen = !observing && (plainly === undefined || plainly.approvable === true);
  const risked = { key: action.key, risk: plan.risk ?? action.risk };
  const blind = isOpen && (await hasRoomNow()) ? await takeEvidence(attempt, risked, road, signal) : undefined;
  // What the guardrails said is old by then.
  if (!asking.again && road.clock.now() - input.now > staleMs) return mayAct({ ...asking, again: true }, road, signal);
  const taken = plainly === undefined && !blind ? await reserveOthers(attempt, plan, road) : undefined;
  const refused = plainly ?? blind ?? taken;

  // What changes nothing is not begun where nothing may be changed after it, and is no change itself.
  const takes = refused === undefined && !observing && action.risk !== 'none';
  const claimed = await orNo('claim', () => count(takes, !observing));
  for (const [index, guardrail] of counting.entries()) {
    verdicts.push(
      'ok' in claimed ? { kind: guardrail.kind, verdict: claimed } : await judge(guardrail, claimed[index] ?? []),
    );
  }
  const about = attempt.about(action.key);
  for (const { kind, verdict } of verdicts) road.report({ event: 'guardrail', ...about, guardrail: kind, verdict });
  const held = heldBy(verdicts);
  // A human is not asked about what could not be done after his yes.
  const refusal = blind && (held === undefined || held.approvable) ? blind : (held ?? taken);
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

const isOverridden = (guardrail: Guardrail | undefined, manual: Manual | undefined): boolean =>
  guardrail !== undefined && manual?.overrides.includes(guardrail.kind) === true;

/** Still counted in, and never in the way. */
const boundless = (limit: Limit): Limit => ({ ...limit, latched: false, max: Number.MAX_SAFE_INTEGER });

/** Who asked for it by hand may have said that a guardrail's no is not to count. What it said stays on the record. */
function overridden(kind: string, verdict: Held, manual: Manual | undefined): Held {
  if (verdict.ok || manual?.overrides.includes(kind) !== true) return verdict;
  return yes(`${manual.by} overrode it (${manual.reason}); it said: ${verdict.reason}`);
}

export const guardrailParams = ({ kind }: Guardrail, { recovery }: Attempt, road: Road): unknown =>
  recovery.procedure.guardrails[kind] ?? road.config().guardrails[kind];

async function inputOf(asking: Asking, road: Road, signal: AbortSignal): Promise<Input> {
  const { attempt, kind, action, state, plan } = asking;
  const { step, candidate = attempt.tried(step) } = asking;
  const approval = approvalFor(attempt.recovery, step, candidate);
  const mode = modeNow(attempt.recovery, kind, road.config(), state);
  return { ...(await unplanned(asking, road, signal)), state, action, plan, mode, ...(approval && { approval }) };
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
    // Who asks by hand, or says yes to what was asked for by hand, is the news of it.
    heardAt: Math.max(recovery.openedAt, ...(recovery.manual ? wordsOf(recovery) : []), ...heard),
    freshnessMs: road.config().freshnessMs,
    firing: createFiring(road, signal),
    known: () => knownWorkloads(kind.platform, recovery.target.key, road, signal),
    store: road.store,
    clients: road.clients(),
    observing,
    now: road.clock.now(),
  };
}

const wordsOf = ({ attemptOpenedAt = 0, approval }: Recovery): readonly number[] => [
  attemptOpenedAt,
  approval?.approvedAt ?? 0,
];

/** All of the refusals in one: undefined when every guardrail lets it. Released when the last of them is. */
export function heldBy(verdicts: readonly Guarded[]): Held | undefined {
  const refusals = verdicts.flatMap(({ kind, verdict }) => (verdict.ok ? [] : [{ kind, verdict }]));
  if (refusals.length === 0) return undefined;
  const waits = refusals.map(({ verdict }) => verdict.retryAfterMs);
  const reason = refusals.map(({ kind, verdict }) => `${kind}: ${verdict.reason}`).join('; ');
  const known = waits.filter((wait) => wait !== undefined);
  const held = known.length === waits.length ? no(reason, Math.max(...known)) : no(reason);
  return {
    ...held,
    ...(refusals.some(({ verdict }) => verdict.page) && { page: true }),
    // While anything else holds it, nobody is asked.
    ...(refusals.every(({ verdict }) => verdict.approvable) && { approvable: true }),
  };
}

/** Reserves what a plan touches beside its target: a verdict when another recovery is under way for some of it. */
async function reserveOthers(attempt: Attempt, plan: Plan, road: Road): Promise<Verdict | undefined> {
  const others = plan.touches.filter((key) => key !== attempt.recovery.target.key);
  const taken = await road.store.reserve(attempt.run, others);
  return taken && no(`${taken.by} is under way for ${taken.key}`, takenMs);
}
