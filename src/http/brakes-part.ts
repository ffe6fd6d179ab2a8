import { finderOf } from '../domain/storm.ts';
import type { Brakes } from '../road/brakes.ts';
import { html, type Html } from './html.ts';
import { whenPart } from './page-frame.ts';

/** What holds everything, or some of it, until somebody says otherwise, and what to type; undefined: nothing does. */
export function brakesPart({ pauses, storm, latches }: Brakes, now: number): Html | undefined {
  const lines = [
    ...(storm ? [line('A storm', storm.at, now, storm.reason, 'paramedic resume storm')] : []),
    ...pauses.map(({ scope, at, by, reason }) =>
      line(`${by} paused ${scope}`, at, now, reason, `paramedic resume ${scope}`),
    ),
    ...latches.map((latch) => line('Used up', latch.at, now, latch.scope, `paramedic ack ${finderOf(latch)}`)),
  ];
  if (lines.length === 0) return undefined;
  return html`<section class="card wait-box">
    <h2>Held back until you say otherwise</h2>
    <ul>
      ${lines}
    </ul>
  </section>`;
}

const line = (what: string, at: number, now: number, why: string, release: string): Html =>
  html`<li>
    <strong>${what}</strong> ${whenPart(at, now)}${why !== '' && html`: ${why}`}
    <span class="soft small">released by</span>
    <code>${release}</code>
  </li>`;
