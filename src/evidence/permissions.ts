import type { Permission } from '../domain/permission.ts';

/**
 * What evidence reads beside what the targets themselves are judged by. Only who may act takes any, so only he needs them;
 * without them the evidence says what it lacks. Logs may hold secrets: what is found of those is not kept.
 */
export const permissions: readonly Permission[] = [
  { platform: 'docker', resource: 'GET /containers/{id}/logs', verbs: ['GET'] },
  { platform: 'docker', resource: 'GET /events', verbs: ['GET'] },
  { platform: 'kubernetes', resource: 'pods/log', verbs: ['get'] },
  { platform: 'kubernetes', resource: 'events', verbs: ['list'] },
];
