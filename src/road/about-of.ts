import type { About } from '../domain/flow-event.ts';
import type { Recovery } from '../domain/recovery.ts';

/** What an event is about: the recovery, and the action that it has come to (`restart/container`, empty before any). */
export const aboutOf = ({ id, attempt, target, procedure }: Recovery, action: string): About => ({
  recovery: id,
  attempt,
  target: target.key,
  playbook: procedure.name,
  action,
});

/** The same, by the action that was reported last. */
export const aboutLast = (recovery: Recovery): About => aboutOf(recovery, recovery.steps.at(-1)?.action ?? '');
