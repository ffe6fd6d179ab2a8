import { changeRows } from '../http/change-rows.ts';
import { expiry } from '../http/list-page.ts';
import type { ShownPlan, ShownRecovery } from '../http/shown-recovery.ts';
import { type Act, actsOn, standingOf } from '../http/standing.ts';
import { timelineOf } from '../http/timeline.ts';
import { oneLine } from '../http/visible.ts';
import { instant, when } from '../http/when.ts';

/** `word` once, and a line for each text below each other. */
const block = (word: string, texts: readonly string[]): readonly string[] =>
  texts.map((text, index) => `${(index === 0 ? word : '').padEnd(10)}${oneLine(text)}`);

/** One recovery for a person at a terminal, a line each: where it stands, its plan, what happened, every verdict, what to type next. */
export function recoveryText(recovery: ShownRecovery, now: number): readonly string[] {
  const { id, target, procedure, attempt, labels, manual, question, steps } = recovery;
  const { attemptOpenedAt: openedAt = recovery.openedAt } = recovery;
  const { word, sentence } = standingOf(recovery);
  return [
    oneLine(target.key),
    oneLine(`${word}: ${sentence}`),
    ...(question === undefined ? [] : [`${expiry(question.expiresAt, now)}, at ${instant(question.expiresAt)}`]),
    '',
    ...block('recovery', [`${id}, attempt ${attempt}, opened ${when(openedAt, now)}`]),
    ...block('playbook', [`${procedure.name}, mode ${procedure.mode}`]),
    ...block('by hand', manual === undefined ? [] : [byHand(manual)]),
    ...block(
      'alert',
      Object.entries(labels)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => `${name}=${JSON.stringify(value)}`),
    ),
    ...(question === undefined ? [] : ['', ...planLines(question.plan)]),
    '',
    ...timelineOf(recovery).map(({ at, text }) => `${instant(at)}  ${oneLine(text)}`),
    ...steps.flatMap((step) => ['', ...stepLines(step)]),
    '',
    ...block('next', nextCommands(recovery, now)),
  ];
}

function planLines({ summary, touches, change, undo }: ShownPlan): readonly string[] {
  const rows = changeRows(change).map(({ path, before, after }) =>
    before === undefined ? `${path}: ${after}` : `${path}: ${before} becomes ${after}`,
  );
  return [
    ...block('plan', [summary]),
    ...block('touches', touches),
    ...block('change', rows),
    ...block('undo', [undo ?? 'IT CAN NOT BE TAKEN BACK']),
  ];
}

/** Those that hold it first. */
function stepLines({ action, ended, verdict, plan, guardrails = [] }: ShownRecovery['steps'][number]): string[] {
  const inOrder = guardrails.toSorted((a, b) => Number(a.verdict.ok) - Number(b.verdict.ok));
  return [
    oneLine(`${action}  ${ended.replaceAll('-', ' ')}: ${verdict.reason}`),
    ...(plan === undefined ? [] : [oneLine(`  plan  ${plan.summary}`)]),
    ...inOrder.map((one) => oneLine(`  ${one.verdict.ok ? 'yes' : 'NO '}   ${one.kind}: ${one.verdict.reason}`)),
  ];
}

function byHand({ by, reason, overrides }: NonNullable<ShownRecovery['manual']>): string {
  const over = overrides.length === 0 ? '' : `; overrides ${overrides.join(', ')}`;
  return `by ${by}${reason === '' ? '' : `: ${reason}`}${over}`;
}

const takesReason: readonly Act[] = ['reject', 'cancel'];

function nextCommands(recovery: ShownRecovery, now: number): readonly string[] {
  const acts = actsOn(recovery, now).map(
    (act) => `paramedic recoveries ${act} ${recovery.id}${takesReason.includes(act) ? ' [--reason TEXT]' : ''}`,
  );
  return [`paramedic recoveries show ${recovery.id} --evidence`, ...acts];
}
