import { z } from 'zod';
import { UserError } from '../domain/errors.ts';
import { oneLine } from '../http/visible.ts';
import { type Asked, askServer } from './ask-server.ts';

export interface ByHand extends Asked {
  readonly target?: string | undefined;
  readonly playbook?: string | undefined;
  readonly action?: string | undefined;
  readonly 'dry-run'?: boolean | undefined;
  readonly override?: readonly string[] | undefined;
  readonly reason?: string | undefined;
  readonly out: (line: string) => void;
}

const usage =
  'usage: paramedic recover --target KEY (--playbook NAME | --action VERB) [--dry-run] [--override GUARDRAIL ...] [--reason TEXT]';
const begun = z.object({ done: z.string(), recovery: z.string() });

/**
 * `paramedic recover`: begins one by hand, on the road and under the guardrails of all others, and waits for nothing.
 * Throws UserError with what is wrong.
 */
export async function recover(args: readonly string[], said: ByHand): Promise<number> {
  const { target, playbook, action, override = [], reason = '', out } = said;
  if (target === undefined || args.length > 0 || (playbook === undefined) === (action === undefined))
    throw new UserError(usage);
  mustSayWhy(override, reason);
  const asked = {
    target,
    ...(playbook !== undefined && { playbook }),
    ...(action !== undefined && { action }),
    dryRun: said['dry-run'] ?? false,
    overrides: override,
    reason,
  };
  const { done, recovery } = begun.parse(await askServer(said, 'recoveries', asked));
  out(oneLine(done));
  out(`look at it: paramedic recoveries show ${oneLine(recovery)}`);
  return 0;
}

/** Throws UserError when somebody overrides a guardrail and does not say why. */
export function mustSayWhy(override: readonly string[], reason: string): void {
  if (override.length > 0 && reason.trim() === '')
    throw new UserError(`--override ${override.join(', ')} is written down with your name: say why with --reason TEXT`);
}
