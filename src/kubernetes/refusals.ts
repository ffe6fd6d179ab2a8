import { no, type Verdict } from '../domain/verdict.ts';
import type { Owner, WorkloadState } from './state.ts';

/** What a write would be about; the annotation is the one of the pod template that restarts it. */
export type Written = 'annotation' | 'template' | 'replicas';

/**
 * Why nobody but its owner may write that, and what to do there instead; undefined: we may. Argo CD, Flux and Helm
 * leave an annotation alone that they know nothing of; an operator makes the whole template anew.
 */
export function mayNotWrite(
  state: Pick<WorkloadState, 'kind' | 'namespace' | 'name' | 'owners'>,
  what: Written,
): Verdict | undefined {
  const { kind, namespace, name, owners } = state;
  const [owner, ...others] = owners.filter(({ manager }) => what !== 'annotation' || manager === 'operator');
  if (owner === undefined) return undefined;
  const who = [owner, ...others].map(phraseOf).join(' and ');
  return no(`${kind} ${namespace}/${name} belongs to ${who}, which would put its ${part[what]} back: ${owner.advice}`);
}

const part = { annotation: 'pod template', template: 'pod template', replicas: 'replicas' } as const;

const phraseOf = ({ manager, name }: Owner): string =>
  manager === 'operator' ? `the operator of ${name}` : `${manager} (${name})`;
