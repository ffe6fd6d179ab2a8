import type { Guardrail } from '../domain/guardrail.ts';
import { blind } from './blind/blind.ts';
import { budget } from './budget/budget.ts';
import { concurrency } from './concurrency/concurrency.ts';
import { cooldown } from './cooldown/cooldown.ts';
import { freshness } from './freshness/freshness.ts';
import { minAvailable } from './min-available/min-available.ts';
import { mode } from './mode/mode.ts';
import { paused } from './paused/paused.ts';
import { protectedTargets } from './protected/protected.ts';
import { risk } from './risk/risk.ts';
import { root } from './root/root.ts';
import { storm } from './storm/storm.ts';
import { timeWindow } from './time-window/time-window.ts';

/** Every guardrail there is, one folder each; all of them are asked, with the playbook's parameters or their defaults. */
export const guardrails: readonly Guardrail[] = [
  mode,
  paused,
  protectedTargets,
  risk,
  freshness,
  timeWindow,
  blind,
  storm,
  root,
  cooldown,
  minAvailable,
  budget,
  concurrency,
];
