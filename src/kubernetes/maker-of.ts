import type { Pod } from '../domain/kubernetes.ts';
import { controllerOf } from './controller-of.ts';

/** What makes the pod, by kind and name, as far as the pod itself tells; else the pod. */
export function makerOf({ metadata }: Pod): { readonly kind: string; readonly name: string } {
  const owner = controllerOf(metadata);
  const hash = metadata.labels?.['pod-template-hash'];
  if (owner?.kind === 'ReplicaSet' && hash !== undefined && owner.name.endsWith(`-${hash}`))
    return { kind: 'deployment', name: owner.name.slice(0, -hash.length - 1) };
  const isKnown = owner !== undefined && ['StatefulSet', 'DaemonSet', 'Job'].includes(owner.kind);
  return isKnown ? { kind: owner.kind.toLowerCase(), name: owner.name } : { kind: 'pod', name: metadata.name };
}
