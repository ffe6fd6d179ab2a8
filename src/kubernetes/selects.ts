import type { LabelSelector } from '../domain/kubernetes.ts';

/** Whether a workload's selector takes an object with these labels in. An empty one takes none: a workload has none such. */
export function selects({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Labels = {}): boolean {
  const equal = Object.entries(matchLabels);
  if (equal.length + matchExpressions.length === 0) return false;
  return (
    equal.every(([key, value]) => labels[key] === value) && matchExpressions.every((term) => fulfils(term, labels))
  );
}

type Labels = Readonly<Record<string, string>>;

function fulfils({ key, operator, values = [] }: Term, labels: Labels): boolean {
  const value = labels[key];
  if (operator === 'In') return value !== undefined && values.includes(value);
  if (operator === 'NotIn') return value === undefined || !values.includes(value);
  if (operator === 'Exists') return value !== undefined;
  // An operator of a later API: not to take it in is the narrower answer.
  return operator === 'DoesNotExist' && value === undefined;
}

type Term = NonNullable<LabelSelector['matchExpressions']>[number];
