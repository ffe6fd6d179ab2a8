import type { Permission } from '../domain/permission.ts';
import { secretKind, watchedKinds } from './content/kinds.ts';

const watched = (resource: string): Permission => ({ platform: 'kubernetes', resource, verbs: ['list', 'watch'] });

/** What the watch over a cluster needs: to read, of no Secret. What is missing is not remembered, and said. */
export const permissions: readonly Permission[] = [...watchedKinds.map(({ resource }) => resource), 'pods'].map(
  watched,
);

/** The same where Secrets are remembered too. */
export const secretPermissions: readonly Permission[] = [watched(secretKind.resource)];
