import type { ActionError } from '../../src/domain/errors.ts';
import type { Resource, Watcher } from '../../src/domain/kubernetes-client.ts';
import { type NextInLine, nextInLine } from './next-in-line.ts';

/** What a watcher was told, as a line: `replaced: a, b`, `ADDED a`, `interrupted: timeout`, `resumed`. */
export interface RecordingWatcher<R extends Resource> extends Watcher<R>, Omit<NextInLine<string>, 'put'> {
  /** Why it was interrupted, each time. */
  readonly reasons: readonly ActionError[];
}

export function recordingWatcher<R extends Resource>(): RecordingWatcher<R> {
  const { put, next, left } = nextInLine<string>();
  const reasons: ActionError[] = [];
  return {
    next,
    left,
    reasons,
    replaced: (all) => put(`replaced: ${all.map(({ metadata }) => metadata.name).join(', ')}`),
    changed: ({ type, object }) => put(`${type} ${object.metadata.name}`),
    interrupted(why) {
      reasons.push(why);
      put(`interrupted: ${why.reason}`);
    },
    resumed: () => put('resumed'),
  };
}
