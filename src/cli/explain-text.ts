import type { Decision } from '../domain/decision.ts';
import type { Mode } from '../domain/playbook.ts';
import type { Recovery, StepReport } from '../domain/recovery.ts';

/** What was found out about one alert. */
export interface Walked {
  readonly decision: Decision;
  /** Absent: nothing was to be recovered. */
  readonly recovery?: Recovery | undefined;
  /** What would be allowed; `why` it is no more than that. */
  readonly mode: Mode;
  readonly why?: string | undefined;
  /** What is wrong with its target; empty: it looks well. Absent: it was not looked at. */
  readonly symptoms?: readonly string[] | undefined;
}

type Sort = 'planned' | 'held' | 'waiting' | 'nothing';
const sorts: readonly Sort[] = ['planned', 'held', 'waiting', 'nothing'];

/** The same for people: alerts with one answer together, what would be done first, and a count at the end. */
export function explainText(walked: readonly Walked[], out: (line: string) => void): void {
  const blocks = new Map<string, Walked[]>();
  for (const one of walked) {
    const text = body(one).join('\n');
    blocks.set(text, [...(blocks.get(text) ?? []), one]);
  }
  const inOrder = [...blocks].toSorted(([, [one]], [, [other]]) => rank(one) - rank(other));
  for (const [text, alerts] of inOrder) {
    for (const { decision } of alerts) out(`${decision.alertname} (${decision.fingerprint})`);
    out(`${text}\n`);
  }
  out(count(walked));
}

function count(walked: readonly Walked[]): string {
  if (walked.length === 0) return 'No alert is firing.';
  const targets = (sort: Sort) =>
    new Set(walked.filter((one) => sortOf(one) === sort).map(({ decision }) => decision.target?.key)).size;
  const nothing = walked.filter((one) => sortOf(one) === 'nothing').length;
  const phrases = [
    `${walked.length} ${walked.length === 1 ? 'alert' : 'alerts'}`,
    `${targets('planned')} to recover`,
    `${targets('held')} held`,
    `${targets('waiting')} waiting`,
    `nothing to do about ${nothing} of the alerts`,
  ];
  return `${phrases[0]}: ${phrases.slice(1).join(', ')}. Nothing was changed.`;
}

const would: Record<Mode, string> = {
  act: 'recover',
  approve: 'recover, when a human approves it',
  observe: 'recover, if the mode were act',
};

/** `held` is what a guardrail holds; the mode, which may hold everything, does not count. */
export function sortOf({ recovery }: Walked): Sort {
  const { outcome, steps = [] } = recovery ?? {};
  // What is well, gone, or could not be looked at, is not going to be recovered.
  if (outcome?.result !== 'planned' && outcome?.result !== 'blocked') return 'nothing';
  if (steps.some(({ ended }) => ended === 'planned')) return 'planned';
  if (steps.some(({ ended }) => ended === 'held')) return 'held';
  return outcome.result === 'blocked' ? 'waiting' : 'nothing';
}
const rank = (one: Walked | undefined): number => (one === undefined ? 0 : sorts.indexOf(sortOf(one)));

const line = (word: string, text: string): string => `  ${word.padEnd(10)}${text}`;

function body(one: Walked): readonly string[] {
  const { decision, recovery, mode, why } = one;
  const steps = recovery?.steps ?? [];
  const plans = steps.filter(({ plan }) => plan !== undefined);
  return [
    ...(decision.target === undefined ? [] : [line('target', decision.target.key)]),
    ...(decision.playbook === undefined ? [] : [line('playbook', decision.playbook)]),
    line('decision', headline(one)),
    // A plan says why it is made, and what ended well says that.
    ...(plans.length > 0 || one.symptoms === undefined || recovery?.outcome?.result === 'obsolete'
      ? []
      : [line('state', one.symptoms.length === 0 ? 'it looks well itself' : one.symptoms.join('; '))]),
    ...plans.flatMap((step, index) => [
      line(index === 0 ? 'plan' : 'else', step.plan?.summary ?? ''),
      ...holders(step, mode, why).map((holder) => line('held by', holder)),
    ]),
    ...steps.filter(({ plan }) => plan === undefined).map(({ verdict }) => line('not', verdict.reason)),
    ...(plans.length === 0 && decision.target?.modeReason !== undefined
      ? [line('mode', `${mode}: ${decision.target.modeReason}`)]
      : []),
  ];
}

function headline(one: Walked): string {
  const { decision, recovery, mode } = one;
  const outcome = recovery?.outcome;
  const sort = sortOf(one);
  if (sort === 'planned') return would[mode];
  if (sort === 'held') return 'recover, but it is held';
  if (sort === 'waiting') return 'wait: nothing can be done for now';
  if (outcome === undefined) return `nothing: ${decision.reason}`;
  // Otherwise its reason is made of those of the steps, which follow.
  const apart = outcome.result === 'obsolete' || outcome.result === 'failed' || recovery?.steps.length === 0;
  return `nothing: ${apart ? outcome.reason : 'no step of the playbook can help'}`;
}

/** All that stands between a plan and its act. */
function holders({ ended, verdict, guardrails = [] }: StepReport, mode: Mode, why = ''): readonly string[] {
  const refusals = guardrails.filter((one) => !one.verdict.ok).map((one) => `${one.kind}: ${one.verdict.reason}`);
  const held = ended === 'held' && refusals.length === 0 ? [verdict.reason] : refusals;
  const asked = mode === 'approve' ? ['mode: approve, a human has to say yes to this plan'] : [];
  return [...held, ...(mode === 'observe' ? [`mode: observe, ${why}`] : asked)];
}
