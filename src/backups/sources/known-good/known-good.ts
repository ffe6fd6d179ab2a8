import { z } from 'zod';
import { ActionError } from '../../../domain/errors.ts';
import { clusterKey, defineObjects } from '../../object-files/define-objects.ts';
import { readKnownGood } from './read-known-good.ts';

const params = z.strictObject({
  cluster: clusterKey,
  namespaces: z.array(z.string().min(1)).min(1, 'is empty: leave it out for all namespaces').optional(),
});

/** How workloads, and all that they depend on, looked when they were healthy last, as far as Paramedic remembers it. */
export const knownGood = defineObjects<z.output<typeof params>>({
  kind: 'known-good',
  class: 'application',
  params,
  title: ({ cluster, namespaces }) =>
    `what was healthy in ${cluster}${namespaces === undefined ? '' : `, in ${namespaces.join(', ')}`}`,
  file: 'known-good.tar',
  read({ cluster, namespaces }, clients) {
    if (clients.knownGood === undefined)
      throw new ActionError('nothing is remembered of what was healthy: known_good is not enabled', 'not-found', false);
    return { files: readKnownGood(clients.knownGood, cluster, namespaces), missing: () => [] };
  },
});
