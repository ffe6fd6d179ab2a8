import { actForms } from './act-forms.ts';
import { html, type Html, type Part } from './html.ts';
import { type Answer, chip, pageFrame, whenPart } from './page-frame.ts';
import { planPart } from './plan-part.ts';
import type { ShownRecovery } from './shown-recovery.ts';
import { standingOf } from './standing.ts';
import { timelineOf } from './timeline.ts';

export interface RecoveryPage {
  readonly recovery: ShownRecovery;
  /** Of its evidence, in characters; absent: there is none. */
  readonly evidence?: number | undefined;
  /** What was answered just now. */
  readonly answer?: Answer | undefined;
  /** ms since the epoch */
  readonly now: number;
}

/** `GET /recoveries/ID` */
export function recoveryPage({ recovery, evidence, answer, now }: RecoveryPage): string {
  const { id, target, question } = recovery;
  const standing = standingOf(recovery);
  const path = encodeURIComponent(id);
  const proof =
    evidence === undefined
      ? html`<p class="soft">No evidence was captured (yet).</p>`
      : html`<p>
          <a href="${path}/evidence">Evidence</a>, what was read before the first change
          <span class="soft">(${Math.ceil(evidence / 1024)} KB of text)</span>
        </p>`;
  const main = html`${answer && answerPart(answer)}
    <h1>${target.key}</h1>
    <p>${chip(standing)} ${standing.sentence}</p>
    ${question && planPart(question, now)}${proof}${actForms(recovery, path, now)}
    <h2>Recovery</h2>
    ${facts(recovery, now)}
    <h2>Timeline</h2>
    <ol class="time">
      ${timelineOf(recovery).map(
        ({ at, text }) => html`<li><span class="small">${whenPart(at, now)}</span><span>${text}</span></li>`,
      )}
    </ol>
    <h2>Steps and guardrails</h2>
    ${stepsPart(recovery.steps)}`;
  return pageFrame({ title: `${standing.word}: ${target.key}`, home: '../', now, main });
}

const answerPart = ({ ok, reason }: Answer): Html =>
  html`<p class="card said ${ok ? '' : 'no'}" role="status">${ok ? '' : 'Refused: '}${reason}</p>`;

function facts({ id, procedure, attempt, labels, approval, cancelled, manual }: ShownRecovery, now: number): Html {
  const rows: readonly (readonly [string, Part])[] = [
    ['id', html`<code>${id}</code>, attempt ${attempt}`],
    ['playbook', html`${procedure.name}, mode ${procedure.mode}`],
    ...(manual === undefined ? [] : [['by hand', byHand(manual)] as const]),
    ...(approval === undefined
      ? []
      : [['approved', html`by ${approval.by}, ${whenPart(approval.approvedAt, now)}`] as const]),
    ...(cancelled === undefined ? [] : [['cancelled', `by ${cancelled.by}${because(cancelled.reason)}`] as const]),
    ...Object.entries(labels)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [html`<code>${name}</code>`, html`<code>${value}</code>`] as const)
      .map(([name, value], index) => [index === 0 ? 'alert' : '', html`${name} = ${value}`] as const),
  ];
  return html`<dl>
    ${rows.map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd>${value}</dd>`,
    )}
  </dl>`;
}

const because = (reason: string): string => (reason === '' ? '' : `: ${reason}`);

function byHand({ by, reason, overrides }: NonNullable<ShownRecovery['manual']>): string {
  const over = overrides.length === 0 ? '' : `; overrides ${overrides.join(', ')}`;
  return `asked for by ${by}${because(reason)}${over}`;
}

function stepsPart(steps: ShownRecovery['steps']): Html {
  if (steps.length === 0) return html`<p class="soft">No step has come to an answer yet.</p>`;
  return html`${steps.map(
    ({ action, ended, verdict, plan, guardrails = [] }) =>
      html`<section class="card">
        <p><strong class="mono">${action}</strong> <span class="chip plain">${ended.replaceAll('-', ' ')}</span></p>
        ${plan && html`<p>${plan.summary}</p>`}
        <p>${verdict.reason}</p>
        ${guardrails.length > 0 && verdictTable(guardrails)}
      </section>`,
  )}`;
}

type Verdicts = NonNullable<ShownRecovery['steps'][number]['guardrails']>;

/** Those that hold it first. */
function verdictTable(guardrails: Verdicts): Html {
  const inOrder = guardrails.toSorted((a, b) => Number(a.verdict.ok) - Number(b.verdict.ok));
  const rows = inOrder.map(
    ({ kind, verdict: { ok, reason } }) =>
      html`<tr>
        <td><code>${kind}</code></td>
        <td class="${ok ? 'good' : 'bad'}">${ok ? 'yes' : 'no'}</td>
        <td>${reason}</td>
      </tr>`,
  );
  return html`<table class="verdicts">
    <thead>
      <tr>
        <th>guardrail</th>
        <th>lets it</th>
        <th>why</th>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}
