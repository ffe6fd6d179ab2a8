import { z } from 'zod';
import { duration } from './fields.ts';

const leastMs = (least: number, why: string) =>
  duration.check(
    z.superRefine<number>((ms, ctx) => {
      if (ms < least) ctx.addIssue(why);
    }),
  );

/** Whether it is remembered how things looked when they were healthy, after how long of that, and how long a change is a suspect. */
export const knownGoodSchema = z.strictObject({
  enabled: z.boolean().optional(),
  after: leastMs(30_000, 'ready is not healthy: known_good.after has to be at least 30s').optional(),
  blame_window: leastMs(60_000, 'known_good.blame_window has to be at least 1m').optional(),
});
