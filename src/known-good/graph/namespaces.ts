import type { Meta } from '../../domain/kubernetes.ts';
import { watchedKinds } from '../content/kinds.ts';

type Namespace = { readonly metadata: Meta };

/** Which namespace has which name. */
export interface Namespaces {
  replaced(all: readonly Namespace[]): void;
  seen(namespace: Namespace): void;
  gone(namespace: Namespace): void;
}

/** Keys of objects in a namespace of such a name begin like those of what lives in none. */
const ambiguous: ReadonlySet<string> = new Set(
  watchedKinds.filter(({ clusterScoped }) => clusterScoped).map(({ slug }) => slug),
);

/** `onEnd`: a namespace was deleted, or another one has its name by now. One called `node` or the like is passed over. */
export function createNamespaces(onEnd: (name: string) => void): Namespaces {
  const uids = new Map<string, string>();
  const end = (name: string): void => {
    uids.delete(name);
    if (!ambiguous.has(name)) onEnd(name);
  };
  const seen = ({ metadata: { name, uid } }: Namespace): void => {
    if ((uids.get(name) ?? uid) !== uid) end(name);
    uids.set(name, uid);
  };
  return {
    replaced(all) {
      const names = new Set(all.map(({ metadata }) => metadata.name));
      for (const name of uids.keys()) if (!names.has(name)) end(name);
      for (const namespace of all) seen(namespace);
    },
    seen,
    gone: ({ metadata: { name, uid } }) => {
      if (uids.get(name) === uid) end(name);
    },
  };
}
