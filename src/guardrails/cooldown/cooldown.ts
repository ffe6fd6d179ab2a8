import { formatDuration } from '../../domain/duration.ts';
import { defineGuardrail } from '../../domain/guardrail.ts';
import { no, yes } from '../../domain/verdict.ts';
import { durationParam } from '../duration-param.ts';

/**
 * A target that was acted on is left alone for a while, whoever asks next. The steps of one attempt are one act: an
 * attempt is not held by what it did itself.
 */
export const cooldown = defineGuardrail<number>({
  kind: 'cooldown',
  params: durationParam.default(10 * 60_000),
  async check({ params: cooldownMs, target, recovery, attempt, store, now }) {
    const last = await store.lastActed(target);
    if (last === undefined) return yes('it was not acted on before');
    if (last.recovery === recovery && last.attempt === attempt) return yes('it was acted on by this attempt only');
    const leftMs = last.at + cooldownMs - now;
    const ago = formatDuration(Math.max(0, Math.round((now - last.at) / 1000) * 1000));
    const by = `${last.recovery} acted on it ${ago} ago, the cooldown is ${formatDuration(cooldownMs)}`;
    return leftMs <= 0 ? yes(by) : no(`${by}: free in ${formatDuration(Math.ceil(leftMs / 1000) * 1000)}`, leftMs);
  },
});
