import type { SourceKind } from './source-kind.ts';

/** Why there are no drills of that kind of source, a sentence; undefined: there are. */
export const noDrill = ({ kind, scratch }: Pick<SourceKind, 'kind' | 'scratch'>): string | undefined =>
  scratch ? undefined : `there is no way to bring back what a ${kind} source holds to a scratch place`;
