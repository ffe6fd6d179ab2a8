import { z } from 'zod';
import { defineGuardrail } from '../../domain/guardrail.ts';
import { yes } from '../../domain/verdict.ts';

const params = z.enum(['low', 'high']).default('low');

/** An action of high risk (drain, cordon, run-job) is not taken unless a human says yes, or its playbook once for all. */
export const risk = defineGuardrail<'low' | 'high'>({
  kind: 'risk',
  params,
  async check({ params: allowed, action, plan, approval }) {
    if (action.risk !== 'high' && plan.risk !== 'high')
      return yes(`${action.key} is of ${action.risk === 'none' ? 'no' : 'low'} risk`);
    if (allowed === 'high') return yes(`${action.key} is of high risk, which its playbook allows`);
    if (approval) return yes(`${action.key} is of high risk, and ${approval.by} approved it`);
    const reason = `${action.key} is of high risk: a human has to say yes, or its playbook (guardrails: {risk: high})`;
    return { ok: false, reason, approvable: true };
  },
});
