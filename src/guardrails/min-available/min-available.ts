import { z } from 'zod';
import { defineGuardrail } from '../../domain/guardrail.ts';
import { no, yes } from '../../domain/verdict.ts';

/** How soon it is looked at again whether more replicas are ready, ms. */
const askAgainMs = 30_000;

const params = z
  .union([z.number().int().nonnegative(), z.string().regex(/^(100|\d{1,2})%$/)], {
    error: 'has to be a number of replicas, or a share of them such as 51%',
  })
  .default('51%');
type Params = z.output<typeof params>;

/** How many have to stay: a share is rounded up, and no more can be asked for than there are to be. */
const neededOf = (wanted: Params, desired: number): number =>
  Math.min(desired, typeof wanted === 'number' ? wanted : Math.ceil((desired * Number.parseInt(wanted, 10)) / 100));

/** So many replicas have to go on serving. What is not ready serves nobody, and may be taken away. */
export const minAvailable = defineGuardrail<Params>({
  kind: 'min_available',
  params,
  async check({ params: wanted, kind, state, action, plan }) {
    const capacity = kind.capacity?.(state);
    if (capacity === undefined) return yes('it has no replicas that could go on serving');
    const { desired, ready } = capacity;
    const taken = Math.min(ready, action.takesAway(plan.change, state));
    if (taken === 0) return yes(`it takes none of the ${ready} ready replicas away`);
    const needed = neededOf(wanted, desired);
    const left = ready - taken;
    const said = `it takes ${taken} of ${ready} ready replicas away, ${left} of ${desired} would go on serving`;
    const asked = typeof wanted === 'string' ? `${needed} (${wanted})` : `${needed}`;
    return left >= needed ? yes(`${said}, ${asked} have to`) : no(`${said}, and ${asked} have to`, askAgainMs);
  },
});
