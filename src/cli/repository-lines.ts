import { z } from 'zod';
import { formatAge } from '../domain/duration.ts';
import { oneLine } from '../http/visible.ts';
import { nextText } from './next-text.ts';

export const nextRun = z.object({ at: z.number(), timeZone: z.string() });

export const listedRepository = z.object({
  name: z.string(),
  works: z.array(
    z.object({
      work: z.string(),
      next: nextRun.optional(),
      goodAt: z.number().optional(),
      last: z.object({ id: z.string(), result: z.string().optional(), reason: z.string().optional() }).optional(),
      running: z.string().optional(),
      damage: z.object({ at: z.number(), reason: z.string() }).optional(),
    }),
  ),
});

/** A repository with what is done to it by itself, for people; nothing of one that nothing is done to. */
export function repositoryLines({ name, works }: z.output<typeof listedRepository>, now: number): string[] {
  if (works.length === 0) return [];
  return [
    `repository ${name}`,
    ...works.flatMap(({ work, next, goodAt, last, running, damage }) => [
      `  ${work}: ${goodAt === undefined ? 'none has ended well yet' : `ended well ${formatAge(now - goodAt)} ago`}${next === undefined ? '' : `; next ${nextText(next, now)}`}`,
      ...(damage ? [`    DAMAGED, found ${formatAge(now - damage.at)} ago: ${oneLine(damage.reason)}`] : []),
      ...(last && last.result === 'failed' ? [`    last ${last.id} failed: ${oneLine(last.reason ?? '')}`] : []),
      ...(running === undefined ? [] : [`    goes on now: ${running}`]),
    ]),
  ];
}
