import type { Pod } from '../domain/kubernetes.ts';

/** It has run to its end: none of its containers runs, or ever will again. */
export const hasEnded = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';
