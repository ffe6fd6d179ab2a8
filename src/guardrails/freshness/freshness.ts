import { z } from 'zod';
import { formatDuration } from '../../domain/duration.ts';
import { defineGuardrail } from '../../domain/guardrail.ts';
import { no, yes } from '../../domain/verdict.ts';

/** What was true a while ago is no reason to act now: the newest word that the alert fires has to be young enough. */
export const freshness = defineGuardrail<undefined>({
  kind: 'freshness',
  params: z.undefined('takes no setting here: it is the key `freshness` at the top of the configuration'),
  async check({ heardAt, freshnessMs, now }) {
    const ageMs = Math.max(0, Math.floor((now - heardAt) / 1000) * 1000);
    const said = `the newest word that the alert fires is ${formatDuration(ageMs)} old, ${formatDuration(freshnessMs)} at most`;
    return ageMs <= freshnessMs ? yes(said) : no(`${said}: released by its next notification`);
  },
});
