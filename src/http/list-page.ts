import type { Brakes } from '../road/brakes.ts';
import { brakesPart } from './brakes-part.ts';
import { html, type Html } from './html.ts';
import { chip, pageFrame, whenPart } from './page-frame.ts';
import type { ShownRecovery } from './shown-recovery.ts';
import { type Standing, standingOf } from './standing.ts';
import { relative } from './when.ts';

const GROUPS = [
  ['waits', 'Waiting for approval'],
  ['under-way', 'Under way'],
  ['ended', 'Ended'],
] as const;

/** `GET /` for a browser: what is held back, then those that wait for a human. `recoveries`: newest first. */
export function listPage(recoveries: readonly ShownRecovery[], brakes: Brakes, now: number): string {
  const all = recoveries.map((recovery) => ({ recovery, standing: standingOf(recovery) }));
  const sections = GROUPS.map(([group, heading]) => {
    const some = all.filter(({ standing }) => standing.group === group);
    if (some.length === 0) return undefined;
    const items = some.map(({ recovery, standing }) => item(recovery, standing, now));
    return html`<h2>${heading} (${some.length})</h2>
      <ul class="list">
        ${items}
      </ul>`;
  });
  const waiting = all.filter(({ standing }) => standing.group === 'waits').length;
  const summary =
    all.length === 0
      ? 'No recovery has been begun yet.'
      : waiting === 0
        ? 'Nothing waits for you.'
        : `${waiting} ${waiting === 1 ? 'recovery waits' : 'recoveries wait'} for your approval.`;
  const main = html`<h1>Recoveries</h1>
    <p>${summary}</p>
    ${brakesPart(brakes, now)} ${sections}`;
  return pageFrame({ title: waiting === 0 ? 'Recoveries' : `(${waiting}) Recoveries`, home: './', now, main });
}

function item(recovery: ShownRecovery, standing: Standing, now: number): Html {
  const { id, target, procedure, attempt, question, openedAt, endedAt } = recovery;
  const again = attempt > 1 && html`, attempt ${attempt}`;
  return html`<li class="card">
    <div>${chip(standing)}</div>
    <div>
      <a class="mono" href="recoveries/${encodeURIComponent(id)}">${target.key}</a>
      <span class="soft small">by ${procedure.name}${again}</span>
      ${question && html`<p><strong>${question.plan.summary}</strong></p>`}
      <p>${standing.sentence}</p>
      ${question && html`<p class="small wait">${expiry(question.expiresAt, now)}</p>`}
    </div>
    <div class="small">${whenPart(endedAt ?? question?.at ?? openedAt, now)}</div>
  </li>`;
}

/** How long a question can still be answered with yes. */
export const expiry = (expiresAt: number, now: number): string =>
  now < expiresAt ? `expires ${relative(expiresAt, now)}` : `expired ${relative(expiresAt, now)}`;
