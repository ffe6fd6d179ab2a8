import { z } from 'zod';
import { isMap } from './fields.ts';

/** Of the whole file. It speaks also when something else is wrong, so that all mistakes come at once. */
export const silenceNeedsAlertmanager = z.superRefine<object>(
  (read, ctx) => {
    if (!isMap(read) || 'alertmanager' in read || !Array.isArray(read['playbooks'])) return;
    for (const [index, playbook] of read['playbooks'].entries())
      if (isMap(playbook) && playbook['silence'] === true)
        ctx.addIssue({
          code: 'custom',
          path: ['playbooks', index, 'silence'],
          message:
            'there is no Alertmanager to silence alerts in; name it under "alertmanager", or leave "silence" out',
        });
  },
  { when: ({ value }) => isMap(value) },
);
