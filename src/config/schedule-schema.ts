import { z } from 'zod';
import { shortestGapMs, timeAfter, wrongCron } from '../backups/due.ts';
import { formatDuration } from '../domain/duration.ts';
import type { Schedule } from '../domain/schedule.ts';
import { isTimeZone } from '../domain/time-zone.ts';
import { duration } from './fields.ts';

const cron = z.string().check(
  z.superRefine<string>((text, ctx) => {
    const why = wrongCron(text);
    if (why !== undefined)
      ctx.addIssue(
        `"${text}" is no time such as "30 2 * * *" (minute, hour, day of the month, month, day of the week): ${why}`,
      );
  }),
);

const zone = z.string().check(
  z.superRefine<string>((name, ctx) => {
    if (!isZone(name))
      ctx.addIssue(`there is no time zone "${name}"; they are called as in the IANA database, such as Europe/Berlin`);
  }),
);

/**
 * `30 2 * * *`, or `{cron, tz, jitter}` → Schedule. Without `tz` it is UTC: several processes that share a Redis may be in
 * different zones, and the same configuration has to mean the same to all of them.
 */
export const schedule = z.preprocess(
  (raw) => (typeof raw === 'string' ? { cron: raw } : raw),
  z
    .strictObject({ cron, tz: zone.optional(), jitter: duration.default(0) })
    .transform(({ cron: text, tz, jitter }): Schedule => {
      const zoned = tz === undefined ? ({ timeZone: 'UTC', unnamedZone: true } as const) : { timeZone: tz };
      return { cron: text.trim().replace(/\s+/g, ' '), ...zoned, jitterMs: jitter };
    })
    .check(
      z.superRefine<Schedule>((read, ctx) => {
        const now = Date.now();
        if (timeAfter(read, now) === undefined)
          ctx.addIssue({ code: 'custom', path: ['cron'], message: `"${read.cron}" never comes` });
        const gapMs = read.jitterMs > 0 ? shortestGapMs(read, now) : undefined;
        if (gapMs !== undefined && read.jitterMs >= gapMs)
          ctx.addIssue({
            code: 'custom',
            path: ['jitter'],
            message: `it would be as late as the next time: jitter has to be less than ${formatDuration(gapMs)}, as far apart as two times of "${read.cron}" can be`,
          });
      }),
    ),
);

/** An offset such as +01:00 is taken by some versions of Node, and knows no summer. */
const isZone = (name: string): boolean => /^[A-Za-z]/.test(name) && isTimeZone(name);
