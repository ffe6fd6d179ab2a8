import { z } from 'zod';
import { formatAge } from '../../domain/duration.ts';
import { defineGuardrail } from '../../domain/guardrail.ts';
import { pauses } from '../../domain/pause.ts';
import { no, yes } from '../../domain/verdict.ts';

/** Somebody said: not now. Everywhere, on one platform, or in one namespace; until he takes it back. */
export const paused = defineGuardrail<undefined>({
  kind: 'paused',
  params: z.undefined('takes no setting: what is paused is said with `paramedic pause`'),
  async check({ plan, store, now }) {
    const all = await store.pauses();
    const found = plan.touches.flatMap((key) => all.find((one) => pauses(one, key)) ?? [])[0];
    if (found === undefined) {
      const elsewhere = all.length === 0 ? '' : ` (paused is ${all.map(({ scope }) => scope).join(', ')})`;
      return yes(`nothing that it touches is paused${elsewhere}`);
    }
    const { scope, by, reason, at } = found;
    const since = formatAge(now - at);
    const why = reason === '' ? '' : `: ${reason}`;
    return no(`${by} paused ${scope} ${since} ago${why}; released by: paramedic resume ${scope}`);
  },
});
