import { z } from 'zod';
import { UserError } from '../domain/errors.ts';
import { type Care, careWorks } from '../domain/repository-care.ts';
import { wellFormed } from './well-formed.ts';

const part = z.object({ part: z.number(), of: z.number() });
const care = z.object({
  repository: z.string(),
  work: z.enum(careWorks),
  version: z.int().min(1),
  since: z.number(),
  run: z
    .object({
      id: z.string(),
      state: z.enum(['waiting', 'running', 'ended']),
      openedAt: z.number(),
      runner: z.string().exactOptional(),
      startedAt: z.number().exactOptional(),
      endedAt: z.number().exactOptional(),
      result: z.enum(['done', 'damaged', 'failed']).exactOptional(),
      reason: z.string().exactOptional(),
    })
    .exactOptional(),
  goodAt: z.number().exactOptional(),
  damage: z.object({ at: z.number(), reason: z.string(), part: part.exactOptional() }).exactOptional(),
  read: part.exactOptional(),
}) satisfies z.ZodType<Care>;

export const careText = (of: Care): string => JSON.stringify(of, wellFormed);

/** Undefined: there is none. Throws UserError when it is none of ours: somebody wrote into it. */
export function toCare(text: string | null, key: string, work: string): Care | undefined {
  if (text === null) return undefined;
  try {
    return care.parse(JSON.parse(text));
  } catch {
    throw new UserError(
      `The field ${work} of ${key} in Redis can not be read: delete it, and what it says is forgotten.`,
    );
  }
}
