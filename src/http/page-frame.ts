import { html, type Html, type Part } from './html.ts';
import { STYLE } from './page-style.ts';
import type { Standing } from './standing.ts';
import { instant, relative } from './when.ts';

/** What was answered to somebody's word on a recovery. */
export interface Answer {
  readonly ok: boolean;
  readonly reason: string;
}

export interface Frame {
  readonly title: string;
  /** The way from this page to `/`: links are relative, so that they hold behind a proxy's prefix too. */
  readonly home: string;
  readonly now: number;
  readonly main: Part;
}

/** A whole document. */
export function pageFrame({ title, home, now, main }: Frame): string {
  const head = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} - Paramedic</title>
      </head>
    </html> `;
  const body = html`
</head>
<body>
<header><strong><a href="${home}">Paramedic</a></strong><a href="${home}queues/">Queues</a>
<span class="soft small">as of ${instant(now)}</span></header>
<main>${main}</main>
</body>
</html>
`;
  // The sheet is ours, and `html` would escape what is in it.
  return [head, '<style>', STYLE, '</style>', body].join('');
}

/** `2026-11-29T14:08:11Z` and how long ago that is. */
export const whenPart = (at: number, now: number): Html =>
  html`<time datetime="${instant(at)}">${instant(at)}</time> <span class="soft">${relative(at, now)}</span>`;

const COLOURS: Readonly<Record<string, string>> = {
  recovered: 'good',
  'not-recovered': 'bad',
  failed: 'bad',
  blocked: 'wait',
};
const GROUP_COLOURS = { waits: 'wait', 'under-way': 'busy', ended: 'plain' } as const;

/** Where it stands, in a word. */
export function chip({ group, word }: Standing): Html {
  const colour = group === 'ended' ? (COLOURS[word] ?? GROUP_COLOURS.ended) : GROUP_COLOURS[group];
  return html`<span class="chip ${colour}">${word}</span>`;
}
