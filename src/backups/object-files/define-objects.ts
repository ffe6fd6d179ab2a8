import { z } from 'zod';
import type { Clients } from '../../domain/clients.ts';
import { no, yes } from '../../domain/verdict.ts';
import { kubernetesCluster } from '../../kubernetes/cluster.ts';
import { defineSource, type SourceDef, type SourceKind } from '../source-kind.ts';
import { endsAsTar } from '../tar-shape.ts';
import { examineObjects } from './examine-objects.ts';
import { countsOf } from './kept-kinds.ts';
import type { ObjectFile } from './object-file.ts';
import { objectsScratch } from './objects-in-folder.ts';
import { packObjects } from './pack-objects.ts';
import { wouldTake } from './would-take.ts';

/** `kubernetes/prod` */
export const clusterKey = z.string().regex(/^kubernetes\/[^/]+$/, 'is no cluster such as kubernetes/prod');
export const clusterName = (key: string): string => key.slice('kubernetes/'.length);

export interface ObjectsRead {
  /** To be read once. Throws ActionError where something can not be read. */
  readonly files: AsyncIterable<ObjectFile>;
  /** Once all was read: why it is not all there is, a sentence each. */
  missing(): readonly string[];
}

/** Objects of a cluster as files, written by whoever adds a way to come by them. */
export interface ObjectsDef<Params extends { readonly cluster: string }> extends Pick<
  SourceDef<Params>,
  'kind' | 'class' | 'params' | 'title'
> {
  /** What the file is called in the snapshot: `cluster.tar`. */
  readonly file: string;
  /** Throws ActionError. */
  readonly read: (params: Params, clients: Clients, signal: AbortSignal) => ObjectsRead;
}

/**
 * A kind of source of what somebody has said of its objects. They are brought back by people: what of them is wanted, and in
 * which cluster, nobody else knows.
 */
export function defineObjects<Params extends { readonly cluster: string }>(def: ObjectsDef<Params>): SourceKind {
  const { file, read, ...rest } = def;
  return defineSource<Params>({
    ...rest,
    instead: `objects are brought back by people, and not by themselves: restic dump reads ${file}; unpack it and apply its folders in their order with kubectl (README, "The objects of a cluster")`,
    async open(params, clients, signal) {
      const over = new AbortController();
      const objects = read(params, clients, AbortSignal.any([signal, over.signal]));
      const stream = packObjects(objects.files);
      stream.once('close', () => over.abort());
      return {
        file,
        stream,
        stop: () => over.abort(),
        async whole({ bytes }, tail) {
          const lacks = objects.missing();
          if (lacks.length > 0) return no([...new Set(lacks)].join('; '));
          if (!endsAsTar(tail)) return no(`what was read of ${params.cluster} has no end after ${bytes} bytes`);
          return yes(`all objects were read, ${bytes} bytes`);
        },
      };
    },
    examine: (content) => examineObjects(content, countsOf),
    scratch: async ({ cluster }, clients, { folder }) => ({
      ...objectsScratch(folder, countsOf),
      prove: (signal) => wouldTake(kubernetesCluster(clusterName(cluster), clients), folder, signal),
    }),
  });
}
