import { z } from 'zod';
import { defineGuardrail } from '../../domain/guardrail.ts';
import { type Count, hasRoom } from '../../domain/limit.ts';
import { placeOf } from '../../domain/place-of.ts';
import { no, yes } from '../../domain/verdict.ts';

const places = z.number().int().positive();
const params = z.strictObject({ namespace: places.default(2), global: places.default(5) }).prefault({});
type Params = z.output<typeof params>;

/** How soon it is asked again whether a place is free, ms. */
const askAgainMs = 30_000;

/** So many recoveries act at the same time, from their first act until they end. One target has one anyway. */
export const concurrency = defineGuardrail<Params>({
  kind: 'concurrency',
  params,
  limits: ({ params: { namespace, global }, target }) => [
    { scope: `in ${placeOf(target.key)}`, max: namespace },
    { scope: 'in all', max: global },
  ],
  async check({ counts }) {
    const full = counts.find((count) => !hasRoom(count));
    if (full === undefined) return yes(counts.map(sentence).join(', '));
    return no(`${sentence(full)}, and no more (${full.by.join(', ')}): free when one of them ends`, askAgainMs);
  },
});

/** `2 of 5 recoveries act in all` */
const sentence = ({ used, limit: { max, scope } }: Count): string => `${used} of ${max} recoveries act ${scope}`;
