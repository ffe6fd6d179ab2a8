import type { Config } from '../config/config.ts';
import { type Mode, narrower, type Procedure } from '../domain/playbook.ts';

/** What is configured now may narrow what the recovery began with; a playbook that is gone allows nothing any more. */
export function allowedNow(procedure: Procedure, config: Config): Mode {
  const live = config.playbooks.find((playbook) => playbook.name === procedure.name);
  return narrower(procedure.mode, narrower(config.mode, live?.mode ?? 'observe'));
}
