import { z } from 'zod';
import type { Permission } from '../../../domain/permission.ts';
import { no, yes } from '../../../domain/verdict.ts';
import { kubernetesCluster as clusterOf } from '../../../kubernetes/cluster.ts';
import { allOf } from '../../object-files/count-objects.ts';
import { examineObjects } from '../../object-files/examine-objects.ts';
import { objectsScratch } from '../../object-files/objects-in-folder.ts';
import { packObjects } from '../../object-files/pack-objects.ts';
import { defineSource } from '../../source-kind.ts';
import { endsAsTar } from '../../tar-shape.ts';
import { keptKinds, workloads } from './kinds.ts';
import { readCluster } from './read-cluster.ts';
import { wouldTake } from './would-take.ts';

const names = keptKinds.map(({ kind }) => kind);
const words = `the kinds are ${names.join(', ')}, and custom resources such as certificates.cert-manager.io`;
const known = z
  .string()
  .refine((kind) => kind.includes('.') || names.includes(kind), { error: `is no kind that is kept; ${words}` });
const excepted = z.string().refine((kind) => kind.includes('.') || kind.includes('*') || names.includes(kind), {
  error: `is no kind that is kept; ${words}`,
});

const params = z
  .strictObject({
    cluster: z.string().regex(/^kubernetes\/[^/]+$/, 'is no cluster such as kubernetes/prod'),
    namespaces: z.array(z.string().min(1)).min(1, 'is empty: leave it out for all namespaces').optional(),
    kinds: z.array(known).min(1, 'is empty: leave it out for all kinds').optional(),
    except: z.array(excepted).default([]),
    /** What they hold is in the repository then, which is encrypted. RBAC gives no read of them by itself. */
    secrets: z.boolean().default(false),
  })
  .refine(({ kinds, except }) => kinds === undefined || except.length === 0, {
    path: ['except'],
    error: 'is for all kinds but some, and kinds names those that are kept: one of them is enough',
  });
type Params = z.output<typeof params>;

const countsOf = (kinds: ReadonlyMap<string, number>) => ({
  objects: allOf(kinds),
  workloads: allOf(new Map([...kinds].filter(([kind]) => workloads.has(kind)))),
});
const nameOf = (cluster: string): string => cluster.slice('kubernetes/'.length);

/**
 * The objects that people have made in a cluster, as files of YAML in a tar. They are brought back by people: what of them is
 * wanted, and in which cluster, nobody else knows.
 */
export const kubernetesCluster = defineSource<Params>({
  kind: 'kubernetes-cluster',
  class: 'infrastructure',
  params,
  title: ({ cluster, namespaces }) =>
    `the objects of ${cluster}${namespaces === undefined ? '' : ` in ${namespaces.join(', ')}`}`,
  byHand: 'unpack cluster.tar and apply its folders in their order with kubectl (README, "The objects of a cluster")',
  async open({ cluster, ...wanted }, clients, signal) {
    const over = new AbortController();
    const client = clusterOf(nameOf(cluster), clients);
    const { files, missing } = readCluster(client, wanted, AbortSignal.any([signal, over.signal]));
    const stream = packObjects(files);
    stream.once('close', () => over.abort());
    return {
      file: 'cluster.tar',
      stream,
      stop: () => over.abort(),
      whole: ({ bytes }, tail) => {
        const lacks = missing();
        if (lacks.length > 0) return Promise.resolve(no([...new Set(lacks)].join('; ')));
        const isWhole = endsAsTar(tail);
        return Promise.resolve(
          isWhole
            ? yes(`all objects were read, ${bytes} bytes`)
            : no(`what was read of ${cluster} has no end after ${bytes} bytes`),
        );
      },
    };
  },
  examine: (content) => examineObjects(content, countsOf),
  scratch: async ({ cluster }, clients, { folder }) => ({
    ...objectsScratch(folder, countsOf),
    prove: (signal) => wouldTake(clusterOf(nameOf(cluster), clients), folder, signal),
  }),
});

/** What reading a whole cluster needs, but for Secrets and custom resources, which somebody has to give by name. */
export const permissions: readonly Permission[] = keptKinds.map(({ resource }) => ({
  platform: 'kubernetes',
  resource: resource.split('/')[0] ?? '',
  verbs: resource === 'namespaces' ? ['get', 'list'] : ['list'],
}));
