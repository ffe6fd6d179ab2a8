import { z } from 'zod';
import type { Permission } from '../../../domain/permission.ts';
import { kubernetesCluster as clusterOf } from '../../../kubernetes/cluster.ts';
import { clusterKey, clusterName, defineObjects } from '../../object-files/define-objects.ts';
import { keptKinds } from '../../object-files/kept-kinds.ts';
import { readCluster } from './read-cluster.ts';

const names = keptKinds.map(({ kind }) => kind);
const words = `the kinds are ${names.join(', ')}, and custom resources such as certificates.cert-manager.io`;
const kindName = (letters: RegExp) =>
  z.string().refine((kind) => letters.test(kind) && (/[.*]/.test(kind) || names.includes(kind)), {
    error: `is no kind that is kept; ${words}`,
  });

const params = z
  .strictObject({
    cluster: clusterKey,
    namespaces: z.array(z.string().min(1)).min(1, 'is empty: leave it out for all namespaces').optional(),
    kinds: z
      .array(kindName(/^[a-z0-9.-]+$/))
      .min(1, 'is empty: leave it out for all kinds')
      .optional(),
    except: z.array(kindName(/^[a-z0-9.*-]+$/)).default([]),
    /** What they hold is in the repository then, which is encrypted. RBAC gives no read of them by itself. */
    secrets: z.boolean().default(false),
  })
  .refine(({ kinds, except }) => kinds === undefined || except.length === 0, {
    path: ['except'],
    error: 'is for all kinds but some, and kinds names those that are kept: one of them is enough',
  });
type Params = z.output<typeof params>;

/** The objects that people have made in a cluster. */
export const kubernetesCluster = defineObjects<Params>({
  kind: 'kubernetes-cluster',
  class: 'infrastructure',
  params,
  title: ({ cluster, namespaces }) =>
    `the objects of ${cluster}${namespaces === undefined ? '' : ` in ${namespaces.join(', ')}`}`,
  file: 'cluster.tar',
  read: ({ cluster, ...wanted }, clients, signal) =>
    readCluster(clusterOf(clusterName(cluster), clients), wanted, signal),
});

/** What reading a whole cluster needs, but for Secrets and custom resources, which somebody has to give by name. */
export const permissions: readonly Permission[] = keptKinds.map(({ resource }) => ({
  platform: 'kubernetes',
  resource: resource.split('/')[0] ?? '',
  verbs: resource === 'namespaces' ? ['get', 'list'] : ['list'],
}));
