import type { LabelSelector } from '../domain/kubernetes.ts';

const requirement = ({
  key,
  operator,
  values = [],
}: NonNullable<LabelSelector['matchExpressions']>[number]): string => {
  switch (operator) {
    case 'In':
      return `${key} in (${values.join(',')})`;
    case 'NotIn':
      return `${key} notin (${values.join(',')})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      // An operator of a later API: a selection without it would be too wide.
      throw new Error(`label selectors with the operator ${operator} are not known here`);
  }
};

/** A selector as a list's query takes it: `app=web,tier in (a,b),!canary`. The empty string selects everything. */
export const selectorText = ({ matchLabels, matchExpressions = [] }: LabelSelector): string =>
  [
    ...Object.entries(matchLabels ?? {}).map(([key, value]) => `${key}=${value}`),
    ...matchExpressions.map(requirement),
  ].join(',');
