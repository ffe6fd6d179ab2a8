import { z } from 'zod';
import { defineGuardrail } from '../../domain/guardrail.ts';
import { no, yes } from '../../domain/verdict.ts';

const params = z.enum(['low', 'high']).default('low');

/** An action of high risk (drain, cordon, run-job) is not taken unless its playbook says that it may be. */
export const risk = defineGuardrail<'low' | 'high'>({
  kind: 'risk',
  params,
  async check({ params: allowed, action }) {
    if (action.risk !== 'high') return yes(`${action.key} is of ${action.risk === 'none' ? 'no' : 'low'} risk`);
    return allowed === 'high'
      ? yes(`${action.key} is of high risk, which its playbook allows`)
      : no(
          `${action.key} is of high risk: a human has to do it, or its playbook to allow it (guardrails: {risk: high})`,
        );
  },
});
