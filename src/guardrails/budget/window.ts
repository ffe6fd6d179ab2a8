import { z } from 'zod';
import { parseDuration } from '../../domain/duration.ts';

export interface Window {
  readonly max: number;
  readonly windowMs: number;
  /** As it is written: `3 per 1h`. */
  readonly text: string;
}

function windowOf(text: string): Window | undefined {
  const [, count, duration = ''] = /^(\d{1,6}) per (\S+)$/.exec(text) ?? [];
  const windowMs = parseDuration(duration);
  return count === undefined || windowMs === undefined || windowMs === 0
    ? undefined
    : { max: Number(count), windowMs, text };
}

const oneOrMany = z.union([z.string(), z.array(z.string())], { error: 'has to be one text or a list of them' });

/** `3 per 1h, 6 per 1d`, or a list of such. */
export const windows = oneOrMany.transform((read, context): readonly Window[] => {
  const texts = (typeof read === 'string' ? [read] : read)
    .flatMap((text) => text.split(','))
    .map((text) => text.trim());
  return texts.map((text) => {
    const window = windowOf(text);
    if (window !== undefined) return window;
    context.addIssue({ code: 'custom', message: `expected a budget like 3 per 1h, got ${JSON.stringify(text)}` });
    return z.NEVER;
  });
});
