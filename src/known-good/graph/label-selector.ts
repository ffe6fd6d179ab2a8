import type { LabelSelector } from '../../domain/kubernetes.ts';
import { selects } from '../../kubernetes/selects.ts';
import { isThere, labelsAt, listAt, textAt, textsOf } from './fields.ts';

export type Labels = Readonly<Record<string, string>>;

/** The label selector there; undefined when there is none. */
export function selectorAt(value: unknown, ...path: readonly string[]): LabelSelector | undefined {
  if (!isThere(value, ...path)) return undefined;
  const matchExpressions = listAt(value, ...path, 'matchExpressions').map((term) => ({
    key: textAt(term, 'key'),
    operator: textAt(term, 'operator'),
    values: textsOf(listAt(term, 'values')),
  }));
  return { matchLabels: labelsAt(value, ...path, 'matchLabels'), matchExpressions };
}

/** As policies and webhooks mean it: none, and an empty one, take everything in. */
export const takesIn = (selector: LabelSelector | undefined, labels: Labels): boolean =>
  selector === undefined || isEmpty(selector) || selects(selector, labels);

const isEmpty = ({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean =>
  matchExpressions.length + Object.keys(matchLabels).length === 0;
