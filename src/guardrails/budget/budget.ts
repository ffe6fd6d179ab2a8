import { z } from 'zod';
import { formatAge } from '../../domain/duration.ts';
import { defineGuardrail } from '../../domain/guardrail.ts';
import { type Count, hasRoom } from '../../domain/limit.ts';
import { placeOf } from '../../domain/place-of.ts';
import { yes } from '../../domain/verdict.ts';
import { type Window, windows } from './window.ts';

interface Budgets {
  readonly target: readonly Window[];
  readonly playbook: readonly Window[];
  readonly namespace: readonly Window[];
  readonly global: readonly Window[];
}

const perTarget = windows.prefault('3 per 1h, 6 per 1d');
const none = windows.prefault([]);
const whole = z.strictObject({ target: perTarget, playbook: none, namespace: none, global: none });
const params = z
  .union([z.string(), z.array(z.string()), z.record(z.string(), z.unknown())], {
    error: 'has to be a budget like 3 per 1h, or a map of target, playbook, namespace and global to such',
  })
  .prefault({})
  .transform((read): unknown => (typeof read === 'string' || Array.isArray(read) ? { target: read } : read))
  .pipe(whole);

/**
 * So many acts within a window, and not one more: then a human is called, and it stays off until he acknowledges. What a
 * target has used up comes back only when it has been well for a whole window; a trouble that goes on and off refills
 * nothing.
 */
export const budget = defineGuardrail<Budgets>({
  kind: 'budget',
  params,
  limits: ({ params: budgets, target, about }) => {
    const scopes = {
      target: target.key,
      playbook: about.procedure.name,
      namespace: placeOf(target.key),
      global: 'everything',
    };
    return (['target', 'playbook', 'namespace', 'global'] as const).flatMap((of) =>
      budgets[of].map(({ max, windowMs, text }) => ({
        scope: `budget of ${of} ${scopes[of]}: ${text}`,
        max,
        windowMs,
        latched: true,
        ...(of === 'target' && { quiet: target.key }),
      })),
    );
  },
  async check({ counts, now, recovery }) {
    const over = counts.filter((count) => !hasRoom(count));
    if (over.length === 0) return yes(counts.map(sentence).join('; ') || 'there is no budget');
    const since = Math.min(...over.map(({ latchedAt = now }) => latchedAt));
    const history = [...new Set(over.flatMap(({ by }) => by))];
    const acts = history.length === 0 ? '' : ` (${history.join(', ')})`;
    const ago = formatAge(now - since);
    const reason = `${over.map(sentence).join('; ')}${acts}: used up ${ago} ago, it stays off until somebody has looked at it: paramedic ack ${recovery}`;
    return { ok: false, reason, ...(over.some(({ newly }) => newly) && { page: true }) };
  },
});

/** `budget of target docker/local/container/web: 3 per 1h, of which 2 are used` */
const sentence = ({ limit, used }: Count): string =>
  `${limit.scope}, of which ${used} ${used === 1 ? 'is' : 'are'} used`;
