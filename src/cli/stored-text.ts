import { formatAge, formatDuration } from '../domain/duration.ts';
import type { Stored } from './explain-stored.ts';

const line = (word: string, text: string): string => `  ${word.padEnd(10)}${text}`;
const when = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
/** One line each, whatever a label or a platform has put into it. */
const plain = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');

/** Decisions for people, one block each, a line an element. `now`: ms since the epoch. */
export function storedText(decisions: readonly Stored[], now: number): readonly string[] {
  return decisions.flatMap((one, index) => [...(index === 0 ? [] : ['']), ...block(one, now).map(plain)]);
}

function block({ decision, recovery }: Stored, now: number): readonly string[] {
  const { alertname, fingerprint, episode, at, count, target, playbook, reason } = decision;
  const alerts = `${count} ${count === 1 ? 'alert' : 'alerts'}`;
  return [
    `${alertname} (${fingerprint}), ${episode}, decided ${when(at)} (${formatAge(now - at)} ago), ${alerts}`,
    ...(target === undefined ? [] : [line('target', target.key)]),
    ...(playbook === undefined ? [] : [line('playbook', `${playbook}, mode ${decision.mode}`)]),
    // As soon as its recovery has ended, its outcome has taken the place of the reason.
    ...(recovery?.outcome && decision.decision === 'recover'
      ? [line('decision', 'recover')]
      : [line('decision', `${decision.decision === 'recover' ? 'recover' : 'nothing'}: ${reason}`)]),
    ...(recovery === undefined ? [] : told(recovery, now)),
    ...(recovery === undefined ? unanswered(decision) : next(recovery)).map((command) => line('next', command)),
  ];
}

function told(recovery: NonNullable<Stored['recovery']>, now: number): readonly string[] {
  const { id, attempt, steps, question } = recovery;
  return [
    line('recovery', `${id}, attempt ${attempt}`),
    ...steps.flatMap(({ plan, ended, verdict, guardrails = [], action }) => [
      plan === undefined ? line('not', `${action}: ${verdict.reason}`) : line('plan', plan.summary),
      ...guardrails.map((one) => line(one.verdict.ok ? 'allowed' : 'held by', `${one.kind}: ${one.verdict.reason}`)),
      // By no guardrail: another recovery is at it.
      ...(ended === 'held' && guardrails.every((one) => one.verdict.ok) ? [line('held by', verdict.reason)] : []),
      ...(plan === undefined || ['held', 'awaiting'].includes(ended) ? [] : [line(ended, verdict.reason)]),
    ]),
    ...(question ? [line('waits', `${question.summary}: ${question.reason} (${left(question.expiresAt, now)})`)] : []),
    line('outcome', outcomeOf(recovery)),
  ];
}

function outcomeOf({ state, outcome, question }: NonNullable<Stored['recovery']>): string {
  if (question) return 'a human is asked';
  // While a later attempt is under way the outcome of the one before it is none.
  return state === 'open' || outcome === undefined ? 'it is under way' : `${outcome.result}: ${outcome.reason}`;
}

/** Whole minutes while there are some: the seconds would be wrong by the time they are read. */
function left(at: number, now: number): string {
  if (at <= now) return 'too late';
  const unit = at - now > 60_000 ? 60_000 : 1_000;
  return `${formatDuration(Math.floor((at - now) / unit) * unit)} left`;
}

/** What to paste. */
function next({ id, state, outcome, question }: NonNullable<Stored['recovery']>): readonly string[] {
  if (question) return [`paramedic recoveries approve ${id}`, `paramedic recoveries reject ${id}`];
  if (state === 'open') return [`paramedic recoveries show ${id}`];
  const calls = outcome?.result === 'not-recovered' || outcome?.result === 'failed';
  return [
    ...(calls ? [`paramedic ack ${id}`, `paramedic recoveries retry ${id}`] : []),
    `paramedic recoveries show ${id}`,
  ];
}

/** Nothing was begun for it. */
function unanswered({ target, playbook }: Stored['decision']): readonly string[] {
  if (playbook === undefined) return ['paramedic check-config FILE, when a playbook of it answers this alert'];
  return target === undefined ? [] : [`paramedic recover --target ${target.key} --playbook ${playbook}`];
}
