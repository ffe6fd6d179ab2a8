import { ActionError } from '../../../domain/errors.ts';
import type { CustomResourceDefinition } from '../../../domain/kubernetes-surroundings.ts';
import type { KubernetesClient } from '../../../domain/kubernetes-client.ts';
import type { ObjectsRead } from '../../object-files/define-objects.ts';
import type { ObjectFile } from '../../object-files/object-file.ts';
import { definitions, type KeptKind, keptKinds, secretKind } from '../../object-files/kept-kinds.ts';
import { objectToKeep } from './object-to-keep.ts';

/** What of a cluster is kept. */
export interface Wanted {
  /** Absent: all. */
  readonly namespaces?: readonly string[] | undefined;
  /** Absent: all that are not in `except`. As in `KeptKind`; a custom resource by its own name, `certificates.cert-manager.io`. */
  readonly kinds?: readonly string[] | undefined;
  /** Names of kinds, `*` standing for any letters. */
  readonly except: readonly string[];
  readonly secrets: boolean;
}

/** Reads the objects that people have made, kind by kind, each list of one moment. Of what may not be read there is nothing in the files. */
export function readCluster(client: KubernetesClient, wanted: Wanted, signal: AbortSignal): ObjectsRead {
  const missing: string[] = [];
  const places = wanted.namespaces ?? [''];

  /** What may not be read is told at the end, with all else that may not: so that one look mends it. */
  async function* allowed<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item, void> {
    try {
      yield* items;
    } catch (error) {
      if (!(error instanceof ActionError) || error.reason !== 'forbidden') throw error;
      missing.push(error.message);
    }
  }

  async function* ofKind(kept: KeptKind, isCustom = false): AsyncGenerator<ObjectFile, void> {
    const { kind, resource, stage, isNamespaced, fieldSelector } = kept;
    for (const namespace of isNamespaced ? places : [''])
      for await (const page of allowed(
        client.pages(resource, { namespace, ...(fieldSelector && { fieldSelector }) }, signal),
      ))
        for (const one of page) {
          const object = objectToKeep(isCustom ? '' : kind, one);
          const within = one.metadata.namespace ?? (isCustom ? '_cluster' : undefined);
          const folder = within === undefined ? stage : `${stage}/${within}`;
          if (object !== undefined) yield { folder, kind, resource, object };
        }
  }

  async function* chosenNamespaces(names: readonly string[], kept: KeptKind): AsyncGenerator<ObjectFile, void> {
    for (const name of names) {
      const one = await client.get('namespaces', { namespace: '', name }, signal);
      if (one === undefined)
        throw new ActionError(`kubernetes ${client.name} has no namespace ${name}`, 'not-found', false);
      const object = objectToKeep(kept.kind, { ...one, apiVersion: 'v1', kind: 'Namespace' });
      if (object !== undefined) yield { folder: kept.stage, kind: kept.kind, resource: kept.resource, object };
    }
  }

  /** The custom resources that are wanted. Throws ActionError when one that is named is not there. */
  async function customKinds(): Promise<readonly KeptKind[]> {
    const named = wanted.kinds?.filter((one) => one.includes('.'));
    if (named?.length === 0) return [];
    const found = new Map<string, KeptKind>();
    for await (const page of allowed(client.pages(definitions, { namespace: '' }, signal)))
      for (const { metadata, spec } of page) {
        const { name } = metadata;
        const isWanted = named === undefined ? !isExcepted(wanted.except)(name) : named.includes(name);
        const kept = isWanted ? customKind(spec) : undefined;
        if (kept !== undefined && (kept.isNamespaced || wanted.namespaces === undefined)) found.set(name, kept);
      }
    const lost = missing.length === 0 ? named?.find((one) => !found.has(one)) : undefined;
    if (lost !== undefined) {
      const where = wanted.namespaces === undefined ? '' : ' that lives in namespaces';
      throw new ActionError(`kubernetes ${client.name} has no custom resource ${lost}${where}`, 'not-found', false);
    }
    return [...found.values()];
  }

  async function* files(): AsyncGenerator<ObjectFile, void> {
    const isMeant = ({ kind }: KeptKind): boolean =>
      wanted.kinds === undefined ? !isExcepted(wanted.except)(kind) : wanted.kinds.includes(kind);
    const kinds = [...keptKinds.filter(isMeant), ...(wanted.secrets ? [secretKind] : [])];
    const of = (stage: KeptKind['stage']): readonly KeptKind[] => kinds.filter((one) => one.stage === stage);
    for (const kept of of('1-before'))
      if (wanted.namespaces === undefined) yield* ofKind(kept);
      else if (kept.kind === 'namespace') yield* allowed(chosenNamespaces(wanted.namespaces, kept));
    for (const kept of of('2-objects')) yield* ofKind(kept);
    for (const kept of await customKinds()) yield* ofKind(kept, true);
    for (const kept of of('3-after')) if (wanted.namespaces === undefined) yield* ofKind(kept);
  }

  return { files: files(), missing: () => missing };
}

/** In the version that it is stored in, as long as that is served. Undefined: it is not served at all. */
function customKind({ group, names, scope, versions }: CustomResourceDefinition['spec']): KeptKind | undefined {
  const served = versions.filter((one) => one.served);
  const version = (served.find(({ storage }) => storage) ?? served[0])?.name;
  if (version === undefined) return undefined;
  return {
    kind: `${names.kind.toLowerCase()}.${group}`,
    resource: `${names.plural}.${group}/${version}/${names.kind}`,
    stage: '2-objects',
    isNamespaced: scope === 'Namespaced',
  };
}

const isExcepted = (patterns: readonly string[]): ((name: string) => boolean) => {
  const all = patterns.map((one) => new RegExp(`^${one.replaceAll('.', '\\.').replaceAll('*', '.*')}$`));
  return (name) => all.some((pattern) => pattern.test(name));
};
