import { z } from 'zod';
import type { Definition } from '../docker/definition.ts';

/** In ns; 0 and absent are the engine's defaults. */
const health = z.object({
  Test: z.array(z.string()).nullish(),
  Interval: z.number().nullish(),
  Timeout: z.number().nullish(),
  StartPeriod: z.number().nullish(),
  Retries: z.number().nullish(),
});

const shortestMs = 30_000;
const longestMs = 300_000;

/** How long a container of that definition may take to be healthy after its start, ms. */
export function startTimeMs({ config }: Pick<Definition, 'config'>): number {
  const check = health.safeParse(config['Healthcheck']);
  if (!check.success || check.data.Test?.[0] === 'NONE') return shortestMs;
  const { Interval, Timeout, StartPeriod, Retries } = check.data;
  const onceMs = ((Interval || 30e9) + (Timeout || 30e9)) / 1e6;
  const neededMs = (StartPeriod ?? 0) / 1e6 + onceMs * ((Retries || 3) + 1);
  return Math.min(longestMs, Math.max(shortestMs, Math.round(neededMs)));
}
