import { z } from 'zod';
import { defineGuardrail } from '../../domain/guardrail.ts';
import { no, yes } from '../../domain/verdict.ts';

/**
 * Where the mode is `approve` (of the configuration, of the playbook, by the alert's or the object's own word), a human
 * has to say yes to the very plan; to some actions always, for this can not be overridden. `observe` comes as far as a plan.
 */
export const mode = defineGuardrail<undefined>({
  kind: 'mode',
  params: z.undefined('takes no setting: the mode is said with `mode`, of the configuration or of a playbook'),
  overridable: false,
  async check({ mode: allowed, action, approval, observing }) {
    if (allowed === 'observe') return observing ? yes('the mode is observe') : no('the mode is observe');
    if (allowed === 'act' && !action.asksAlways) return yes('the mode is act');
    if (approval) return yes(`${approval.by} approved it`);
    const why =
      allowed === 'approve' ? 'the mode is approve' : `${action.key} asks each time, whatever its playbook allows`;
    return { ok: false, reason: `${why}: a human has to say yes to this plan`, approvable: true };
  },
});
