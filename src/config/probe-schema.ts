import { z } from 'zod';
import type { Probe } from '../domain/probe.ts';
import { messageOf } from '../domain/errors.ts';
import { oneOf } from './fields.ts';

const pattern = z.string().check(
  z.superRefine<string>((text, ctx) => {
    try {
      RegExp(text);
    } catch (error) {
      ctx.addIssue(`"${text}" is no regular expression: ${messageOf(error).replace(/^.*: /s, '')}`);
    }
  }),
);

/** One entry of `backups.sources.drill.probes`. */
export const probeSchema = z
  .strictObject({
    query: z.string().regex(/\S/, 'is empty').optional(),
    command: z.tuple([z.string().min(1)], z.string()).optional(),
    at_least: z.number().optional(),
    matches: pattern.optional(),
  })
  .check(oneOf(['query', 'command'], 'exactly'), oneOf(['at_least', 'matches'], 'at most'))
  .transform(({ query, command, at_least, matches }): Probe => {
    return {
      ask: command === undefined ? { query: query ?? '' } : { command },
      ...(at_least !== undefined && { atLeast: at_least }),
      ...(matches !== undefined && { matches }),
    };
  });
