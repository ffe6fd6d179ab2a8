import type { Guardrail } from '../domain/guardrail.ts';
import { cooldown } from './cooldown/cooldown.ts';
import { risk } from './risk/risk.ts';

/** Every guardrail there is, one folder each; all of them are asked, with the playbook's parameters or their defaults. */
export const guardrails: readonly Guardrail[] = [cooldown, risk];
