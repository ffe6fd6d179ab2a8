import { z } from 'zod';

const replicas = z.number().int().nonnegative();

const target = z.union([replicas, z.literal('known-good')], {
  error: 'has to be a whole number of replicas, or known-good: what it had when it was last well',
});

/** `{to: 5}`, `{to: known-good}`, or a factor: `{by: 1.5, max: 10}`. */
export const params = z
  .strictObject({
    to: target.optional(),
    by: z.number().positive().optional(),
    max: replicas.positive().optional(),
  })
  .transform(({ to, by, max }, ctx) => {
    const wrong = (message: string) => {
      ctx.addIssue({ code: 'custom', message });
      return z.NEVER;
    };
    if (to !== undefined) {
      return by === undefined && max === undefined ? { to } : wrong('takes either to, or by with max');
    }
    if (by === undefined)
      return wrong('needs a number of replicas, to: 5, or a factor with a ceiling, by: 1.5 with max: 10');
    if (by === 1) return wrong('by: 1 changes nothing');
    if (by < 1) return { by, max: max ?? Infinity };
    return max === undefined ? wrong('a factor above 1 needs a ceiling: max: 10') : { by, max };
  });
export type Params = z.infer<typeof params>;
