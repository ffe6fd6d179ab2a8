import type { Permission } from '../../domain/permission.ts';
import { secretKind, watchedKind } from '../../known-good/content/kinds.ts';
import { permissions as ofAutoscaler } from '../scale/autoscaler.ts';

const kubernetes = (resource: string, ...verbs: readonly string[]): Permission => ({
  platform: 'kubernetes',
  resource,
  verbs,
});

type Writes = 'changed' | 'gone';
/**
 * What is put back, by its kind: what was changed, and what is gone. Whoever may delete may take back what he has made. Not
 * rights (with them one could take any other), claims (what was in them is not remembered) or autoscalers.
 */
const writes: ReadonlyMap<string, readonly Writes[]> = new Map([
  ['deployment', ['changed']],
  ['statefulset', ['changed']],
  ['daemonset', ['changed']],
  ['service', ['changed', 'gone']],
  ['configmap', ['changed', 'gone']],
  ['serviceaccount', ['changed', 'gone']],
  ['networkpolicy', ['changed', 'gone']],
  ['ingress', ['changed', 'gone']],
  ['resourcequota', ['changed', 'gone']],
  ['limitrange', ['changed', 'gone']],
  ['namespace', ['changed']],
  ['node', ['changed']],
  ['persistentvolume', ['changed']],
  ['mutatingwebhookconfiguration', ['changed']],
  ['validatingwebhookconfiguration', ['changed']],
]);

/** Whether an object of that kind is ever put back: Secrets where they are kept. A workload that is gone is for redeploy. */
export const isWritten = (kind: string, what: Writes): boolean =>
  kind === secretKind.slug ||
  writes.get(kind)?.includes(what) === true ||
  (what === 'gone' && ['deployment', 'statefulset', 'daemonset'].includes(kind));

const verbs: Readonly<Record<Writes, readonly string[]>> = { changed: ['get', 'patch'], gone: ['create', 'delete'] };

export const toPutBack: readonly Permission[] = [
  ...[...writes].flatMap(([kind, ways]) => {
    const resource = watchedKind(kind)?.resource;
    return resource === undefined ? [] : [kubernetes(resource, ...ways.flatMap((way) => verbs[way]))];
  }),
  kubernetes('replicasets.apps', 'list', 'patch'),
  kubernetes('pods', 'get', 'list'),
  kubernetes('pods/eviction', 'create'),
  ...ofAutoscaler,
];

/** What of it only those need who put Secrets back. */
export const toPutSecretsBack: readonly Permission[] = [
  kubernetes(secretKind.resource, ...verbs.changed, ...verbs.gone),
];
