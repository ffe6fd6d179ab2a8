import type { Evidence } from '../domain/evidence.ts';

/** What a human reads of it. Ends with a newline. */
export function evidenceText({ at, sections, missing }: Evidence): string {
  const head = [`evidence, taken ${new Date(at).toISOString()}`];
  if (missing.length > 0) head.push('', 'missing:', ...missing.map((sentence) => `- ${sentence}`));
  if (sections.length === 0) head.push('', 'nothing was captured');
  const bodies = sections.map(({ title, text }) => `\n== ${title}\n${text}`);
  return `${[head.join('\n'), ...bodies].join('\n')}\n`;
}
