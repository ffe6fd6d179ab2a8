import type { Action } from '../domain/action.ts';
import type { Procedure } from '../domain/playbook.ts';
import type { TargetKind } from '../domain/target.ts';

/**
 * The kind as this procedure has to judge it: where one of its steps answers trouble that does not show on the target
 * (too much load), a target that looks well is no proof, and the alert has to be gone too.
 */
export function judged(kind: TargetKind, { steps }: Procedure, actions: readonly Action[]): TargetKind {
  const elsewhere = steps.some(({ verb }) =>
    actions.some(({ key, unseen }) => unseen && key === `${verb}/${kind.kind}`),
  );
  return elsewhere ? { ...kind, showsOnObject: false } : kind;
}
