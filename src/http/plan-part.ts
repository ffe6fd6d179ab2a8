import { changeRows } from './change-rows.ts';
import { html, type Html } from './html.ts';
import { expiry } from './list-page.ts';
import { whenPart } from './page-frame.ts';
import type { ShownRecovery } from './shown-recovery.ts';
import { instant } from './when.ts';

type Question = NonNullable<ShownRecovery['question']>;

/** What a human is asked to approve, all of it: what it does, to what, with which values, and whether it can be undone. */
export function planPart({ action, plan, at, expiresAt }: Question, now: number): Html {
  const { summary, touches, change, undo } = plan;
  return html`<section class="card wait-box">
    <h2>${summary}</h2>
    <p class="wait">${expiry(expiresAt, now)}, at ${instant(expiresAt)}</p>
    <dl>
      <dt>action</dt>
      <dd><code>${action}</code>, planned ${whenPart(at, now)}</dd>
      <dt>touches</dt>
      <dd>${touches.map((key) => html`<div class="mono">${key}</div>`)}</dd>
      <dt>taken back by</dt>
      <dd>${undo ?? html`<strong class="bad">it can not be taken back</strong>`}</dd>
    </dl>
    ${changeTable(change)}
  </section>`;
}

function changeTable(change: unknown): Html {
  const rows = changeRows(change).map(
    ({ path, before, after }) =>
      html`<tr>
        <td><code>${path}</code></td>
        <td class="mono">${before === undefined ? after : html`<del>${before}</del> becomes <ins>${after}</ins>`}</td>
      </tr>`,
  );
  return html`<table class="change">
    <thead>
      <tr>
        <th>of the change</th>
        <th>value</th>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}
