import { expect, test } from 'vitest';
import { html } from './html.ts';
import { oneLine, visible } from './visible.ts';

const text = (...parts: readonly Parameters<typeof html>[1][]): string => html`<p>${parts}</p>`.toString();

test.each([
  ['<script>alert(1)</script>', '<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>'],
  ['" onclick="x', '<p>&quot; onclick=&quot;x</p>'],
  ["' & &amp;", '<p>&#39; &amp; &amp;amp;</p>'],
  ['right\u202eleft\u0000\u001b[31m', '<p>right\\u{202e}left\\u{0}\\u{1b}[31m</p>'],
])('%j is shown, and means nothing', (hostile, shown) => {
  expect(text(hostile)).toBe(shown);
});

test('only other templates go in as they are, lists one by one, and what is absent is nothing', () => {
  expect(text(html`<b>${'<i>'}</b>`, ['<u>', html`<hr />`], 7, undefined, false)).toBe(
    '<p><b>&lt;i&gt;</b>&lt;u&gt;<hr />7</p>',
  );
  // An object that merely looks like one is no template.
  expect(() => text(Object.assign([], { map: undefined }))).toThrow(TypeError);
});

test('what has no glyph, or acts on a terminal, is spelled out; lines stay, but for one line', () => {
  expect(visible('a\r\nb\tc\u001b]0;t\u0007\u2028\ud800 é 漢 🚑')).toBe(
    'a\nb\tc\\u{1b}]0;t\\u{7}\\u{2028}\\u{d800} é 漢 🚑',
  );
  expect(oneLine('a\r\nb\tc\rd')).toBe('a\\nb\\tc\\u{d}d');
});
