import { z } from 'zod';
import { isMap } from './fields.ts';

/** The verbs whose `source` is one of `backups.sources`. */
const verbs = ['backup', 'restore-data'] as const;

const listIn = (map: unknown, key: string): readonly unknown[] => {
  const list = isMap(map) ? map[key] : undefined;
  return Array.isArray(list) ? list : [];
};

/** A step is as it was written where something is wrong with it, and as it was read where nothing is. */
function sourceIn(step: unknown, verb: string): unknown {
  if (!isMap(step)) return undefined;
  const params = step['verb'] === verb ? step['params'] : step[verb];
  return isMap(params) ? params['source'] : undefined;
}

/** Of the whole file. It speaks also when something else is wrong, so that all mistakes come at once. */
export const stepsNameSources = z.superRefine<object>(
  (read, ctx) => {
    if (!isMap(read)) return;
    const names = listIn(read['backups'], 'sources').flatMap((one) =>
      isMap(one) && typeof one['name'] === 'string' ? [one['name']] : [],
    );
    const words =
      names.length === 0 ? 'the configuration names none (backups.sources)' : `the sources are ${names.join(', ')}`;
    for (const [index, playbook] of listIn(read, 'playbooks').entries()) {
      // The newest recovery point would be that of the lost data.
      const backedUp = new Set<unknown>();
      for (const [at, step] of listIn(playbook, 'steps').entries())
        for (const verb of verbs) {
          const source = sourceIn(step, verb);
          if (typeof source === 'string' && source !== '' && !names.includes(source))
            ctx.addIssue({
              code: 'custom',
              path: ['playbooks', index, 'steps', at, verb, 'source'],
              message: `there is no source "${source}"; ${words}`,
            });
          else if (verb === 'restore-data' && backedUp.has(source))
            ctx.addIssue({
              code: 'custom',
              path: ['playbooks', index, 'steps', at, verb, 'source'],
              message: `it is backed up before by the same playbook, and what is lost would be brought back as it is: restore-data saves what is there by itself`,
            });
          if (verb === 'backup' && typeof source === 'string') backedUp.add(source);
        }
    }
  },
  { when: ({ value }) => isMap(value) },
);
