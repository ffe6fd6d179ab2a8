import type { Permission } from '../domain/permission.ts';
import { watchedKinds } from './content/kinds.ts';

/** What the watch over a cluster needs: to read, of no Secret. What is missing is not remembered, and said. */
export const permissions: readonly Permission[] = [...watchedKinds.map(({ resource }) => resource), 'pods'].map(
  (resource) => ({ platform: 'kubernetes', resource, verbs: ['list', 'watch'] }),
);
