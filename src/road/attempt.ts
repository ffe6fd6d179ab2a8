import type { Action } from '../domain/action.ts';
import { ActionError, messageOf } from '../domain/errors.ts';
import type { Held } from '../domain/guardrail.ts';
import type { About } from '../domain/flow-event.ts';
import type { Plan } from '../domain/plan.ts';
import type { Entry, Outcome, Phase, Recovery, Result, StepReport } from '../domain/recovery.ts';
import type { Run } from '../domain/store.ts';
import { no, type Verdict, yes } from '../domain/verdict.ts';
import { aboutOf } from './about-of.ts';
import { auditOf } from './audited.ts';
import { isHalfDone, leftBehind, proofId, together } from './left-behind.ts';
import { callHuman, endPage } from './page.ts';
import type { Road } from './road.ts';
import { endSilence } from './silence.ts';
import { tally } from './tally.ts';

/** What one run writes while it looks after one attempt: the journal, the step reports, the end. All of it fenced. */
export interface Attempt {
  readonly recovery: Recovery;
  readonly run: Run;
  /** The step to begin with: the one that a run which died had come to. */
  readonly firstStep: number;
  /** Something was changed in this attempt, by this run or one before it. */
  acted(): boolean;
  /** A fix that was applied, and was not taken back, had the effect its plan pinned. */
  effective(): boolean;
  /** What was begun is neither through nor taken back, and could be. */
  isHalfDone(): boolean;
  /** What stays changed although it recovered nothing, and how it is taken back; empty when nothing does. */
  left(): string;
  /** How many candidates of a step were tried. */
  tried(step: number): number;
  /** And which, in that order. */
  triedPlans(step: number): readonly Plan[];
  /** What the tried plan of that id came to; undefined: it was not tried. */
  proven(step: number, id: string): Verdict | undefined;
  /** The act that has proven that something lies in wait, where it stays and can be taken back. */
  keptProof(step: number): Entry | undefined;
  /** What a run that died left of a step. Undefined where it had only planned: nothing was done then. */
  unfinished(step: number): Entry | undefined;
  begun(): void;
  planned(action: string, plan: Plan): void;
  note(step: number, report: StepReport): Promise<void>;
  /** The step has nothing to do; what was tried of it stays its report. */
  passOver(step: number, action: string, verdict: Verdict): Promise<void>;
  /** Appends the entry in its next phase: before the act that the phase names. */
  write(entry: Omit<Entry, 'at' | 'phase'>, phase: Phase): Promise<Entry>;
  /** The platform refused to apply it. */
  failed(entry: Entry, error: ActionError): Promise<Entry>;
  /** It was planned by a run that died, and is not applied any more: why is a sentence. */
  withheld(entry: Entry, why: Held, nothing?: Entry['nothing']): Promise<Entry>;
  /** Tells of a failure; `again`: the ring is repeated. */
  trouble(error: unknown, again: boolean): void;
  /** Reports what a candidate came to. */
  verified(entry: Entry): Promise<Verdict>;
  about(action: string): About;
  /** Calls a human before the end. */
  page(reason: string): Promise<void>;
  /**
   * Writes the outcome: from then on the target is free; but for a question, which waits for its answer with the target
   * held.
   */
  end(outcome: Outcome): Promise<Outcome>;
  /**
   * After the end is written: sets the bell for when a guardrail will let it, tells the outcome, and calls a human for a
   * bad one. A run that dies before this is followed by one that does it.
   */
  tell(outcome: Outcome): Promise<void>;
  /** What it comes to when a step that others come after has failed, or was held. */
  unprepared(step: number): Outcome;
  /** What it comes to when no step recovered it. `observing`: nothing may be changed. */
  tally(observing: boolean): Outcome;
}

export function createAttempt(recovery: Recovery, run: Run, made: number, road: Road): Attempt {
  const { target, procedure } = recovery;
  const journal: Entry[] = [...recovery.journal];
  const reports: StepReport[] = [...recovery.steps];
  const actionOf = (step: number): string => `${procedure.steps[step]?.verb ?? '?'}/${target.kind}`;
  const defOf = (step: number): Action | undefined => road.actions.find(({ key }) => key === actionOf(step));
  const about = (action: string): About => aboutOf(recovery, action);
  const isHarmless = ({ step }: Pick<Entry, 'step'>): boolean => defOf(step)?.risk === 'none';
  const applying = (step: number): Entry[] => journal.filter((one) => one.step === step && one.phase === 'applying');

  const triedPlans = (step: number): readonly Plan[] => [
    ...new Map(applying(step).map(({ candidate, plan }) => [candidate, plan])).values(),
  ];

  const note = async (step: number, report: StepReport): Promise<void> => {
    reports[step] = report;
    await road.store.report(run, reports);
  };

  const write = async (entry: Omit<Entry, 'at' | 'phase'>, phase: Phase): Promise<Entry> => {
    const line: Entry = { ...entry, phase, at: road.clock.now() };
    await road.store.journal(run, line, isHarmless(line));
    journal.push(line);
    // Before the act; a run that was replaced has been refused above.
    const change = auditOf(recovery, line, reports[line.step]);
    if (change !== undefined) await road.store.record(change);
    const where = about(actionOf(line.step));
    if (phase === 'applying') road.report({ event: 'applying', ...where, plan: line.plan });
    if (phase === 'applied') {
      const since = applying(line.step).at(-1)?.at ?? line.at;
      road.report({ event: 'applied', ...where, tookMs: line.at - since });
    }
    if (phase === 'undone') road.report({ event: 'undone', ...where, plan: line.plan });
    return line;
  };

  const trouble = (error: unknown, again: boolean): void => {
    const last = journal.at(-1);
    const reason = error instanceof ActionError ? error.reason : 'internal';
    const where = about(last === undefined ? '' : actionOf(last.step));
    road.report({ event: 'trouble', ...where, reason, message: messageOf(error), again });
  };

  const page = async (ended: Parameters<typeof callHuman>[2]): Promise<void> => {
    const soFar = { ...recovery, journal, steps: reports };
    await callHuman(soFar, about(actionOf(journal.at(-1)?.step ?? 0)), ended, road);
  };

  const tell = async (outcome: Outcome): Promise<void> => {
    const { result, retryAfterMs } = outcome;
    // First: what is told to nobody else has to ring again.
    await endSilence(recovery, road);
    if (result === 'blocked' && retryAfterMs !== undefined && retryAfterMs <= road.config().freshnessMs) {
      await road.bell.ring(recovery.id, recovery.attempt + 1, retryAfterMs);
    }
    const last = journal.at(-1);
    const where = about(last === undefined ? '' : actionOf(last.step));
    road.report({ event: 'ended', ...where, outcome, sinceStartsAtMs: road.clock.now() - recovery.startsAt });
    const calls: readonly Result[] = ['not-recovered', 'failed'];
    const over: readonly Result[] = ['recovered', 'obsolete', 'rejected', 'stale'];
    if (calls.includes(result) || outcome.page) await page(outcome);
    else if (over.includes(result)) await endPage(recovery.id, `${result}: ${outcome.reason}`, road);
  };

  const tallied = (observing: boolean): Outcome => {
    const waitedMs = recovery.waitsSince === undefined ? 0 : road.clock.now() - recovery.waitsSince;
    const prepares = road.actions.filter(({ role }) => role === 'prepare').map(({ key }) => key);
    const outcome = tally(reports, { observing, waitedMs, prepares });
    // Whoever is called has to know what was kept: a partial improvement, or what was added against too much load.
    return outcome.result === 'not-recovered'
      ? { ...outcome, reason: together(outcome.reason, leftBehind(journal)) }
      : outcome;
  };

  return {
    recovery,
    run,
    trouble,
    firstStep: journal.at(-1)?.step ?? 0,
    acted: () => journal.some((entry) => entry.phase === 'applying' && !isHarmless(entry)),
    effective: () => {
      const isUndone = ({ step, candidate }: Entry): boolean =>
        journal.some((one) => one.step === step && one.candidate === candidate && one.phase === 'undone');
      const fixes = ({ step }: Entry): boolean => defOf(step)?.role !== 'prepare';
      return journal.some((entry) => entry.effect === true && fixes(entry) && !isUndone(entry));
    },
    isHalfDone: () => {
      const last = journal.at(-1);
      return isHalfDone(last, last && defOf(last.step));
    },
    left: () => leftBehind(journal),
    tried: (step) => triedPlans(step).length,
    triedPlans,
    proven(step, id) {
      const of = journal.filter((one) => one.step === step && one.plan.id === id);
      if (!of.some(({ phase }) => phase === 'applying')) return undefined;
      return of.findLast(({ verdict }) => verdict !== undefined)?.verdict ?? no('it was not verified');
    },
    keptProof(step) {
      const of = journal.filter((one) => one.step === step && one.plan.id === proofId);
      const last = of.at(-1);
      return last?.phase === 'verified' && last.certain && last.plan.undo !== undefined ? last : undefined;
    },
    unfinished(step) {
      const entry = journal.findLast((one) => one.step === step);
      return entry === undefined || entry.phase === 'planned' || entry.phase === 'undone' ? undefined : entry;
    },
    begun: () =>
      road.report({ event: 'begun', ...about(''), resumed: journal.length > 0 || recovery.approval !== undefined }),
    planned: (action, plan) => road.report({ event: 'planned', ...about(action), plan }),
    note,
    async passOver(step, action, verdict) {
      road.report({ event: 'passed-over', ...about(action), verdict });
      if (applying(step).length === 0) await note(step, { action, ended: 'nothing-to-do', verdict });
    },
    write,
    async failed(entry, error) {
      const verdict = no(`could not be applied: ${error.message}`);
      trouble(error, false);
      await note(entry.step, { ...reports[entry.step], action: actionOf(entry.step), ended: 'failed', verdict });
      return write({ ...entry, verdict, helped: false }, 'verified');
    },
    async withheld(entry, why, nothing) {
      const verdict: Held = { ...why, reason: `not carried out any more: ${why.reason}` };
      await note(entry.step, { ...reports[entry.step], action: actionOf(entry.step), ended: 'held', verdict });
      return write({ ...entry, verdict, helped: false, ...(nothing && { nothing }) }, 'verified');
    },
    async verified(entry) {
      const verdict = entry.verdict ?? no('it was not verified');
      const since = journal.findLast((one) => one.step === entry.step && one.phase === 'applied')?.at ?? entry.at;
      road.report({ event: 'verified', ...about(actionOf(entry.step)), verdict, tookMs: entry.at - since });
      const report = reports[entry.step];
      if (report && report.ended !== 'failed' && report.ended !== 'held')
        await note(entry.step, { ...report, ended: 'tried', verdict });
      return verdict.ok ? yes(`${entry.plan.summary}: ${verdict.reason}`) : verdict;
    },
    about,
    page: (reason) => page({ result: 'under way', reason }),
    async end(outcome) {
      const { question } = outcome;
      if (question === undefined) await road.store.end(run, outcome, made, road.clock.now());
      else {
        // Called before it waits: nobody would make up for a call that was left out, and one too many ends by itself.
        await page(outcome);
        // Answered meanwhile: its bell was rung in vain, and upkeep rings it again.
        if (!(await road.store.ask(run, question, recovery.approval?.approvedAt))) {
          await endPage(recovery.id, 'it was answered', road);
          return outcome;
        }
      }
      await tell(outcome);
      return outcome;
    },
    tell,
    unprepared(step) {
      // What holds it may let it go later; what was tried in vain is for a human to see to.
      const inVain = reports[step]?.ended === 'tried' || reports[step]?.ended === 'failed';
      return { ...tallied(false), result: 'blocked', ...(inVain && { page: true }) };
    },
    tally: tallied,
  };
}
