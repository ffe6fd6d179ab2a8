import { z } from 'zod';
import { parseDuration } from '../domain/duration.ts';

/** A duration as Prometheus writes it, in ms. */
export const durationParam = z.string().transform((text, context) => {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  context.addIssue({ code: 'custom', message: `expected a duration like 10m, got ${JSON.stringify(text)}` });
  return z.NEVER;
});
