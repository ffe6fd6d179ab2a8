import { z } from 'zod';
import { defineGuardrail } from '../../domain/guardrail.ts';
import { no, yes } from '../../domain/verdict.ts';

/**
 * Where the mode is `approve` (of the configuration, of the playbook, by the alert's or the object's own word), a human
 * has to say yes to the very plan. `observe` comes as far as a plan.
 */
export const mode = defineGuardrail<undefined>({
  kind: 'mode',
  params: z.undefined('takes no setting: the mode is said with `mode`, of the configuration or of a playbook'),
  overridable: false,
  async check({ mode: allowed, approval, observing }) {
    if (allowed === 'observe' && !observing) return no('the mode is observe');
    if (allowed !== 'approve') return yes(`the mode is ${allowed}`);
    if (approval) return yes(`${approval.by} approved it`);
    return { ok: false, reason: 'the mode is approve: a human has to say yes to this plan', approvable: true };
  },
});
