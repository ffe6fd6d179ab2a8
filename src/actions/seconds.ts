import { z } from 'zod';
import { parseDuration } from '../domain/duration.ts';

const longestMs = 600_000;

/** A duration in whole seconds as Prometheus writes it (`10s`, `1m30s`, `0s`), at most ten minutes; parsed to seconds. */
export const seconds = z.string().transform((text, ctx) => {
  const ms = parseDuration(text);
  if (ms !== undefined && ms % 1_000 === 0 && ms <= longestMs) return ms / 1_000;
  ctx.addIssue({ code: 'custom', message: 'must be whole seconds, such as 10s or 1m30s, and at most 10m' });
  return z.NEVER;
});
