import { type Fields, isFields } from '../../../domain/fields.ts';
import type { KubeObject, Meta } from '../../../domain/kubernetes.ts';
import type { Typed } from '../../../domain/kubernetes-client.ts';
import { ownContent } from '../../../kubernetes/own-content.ts';
import { controllerOf } from '../../../kubernetes/controller-of.ts';
import { keptVolume } from '../../object-files/kept-volume.ts';

/**
 * An object as it can be applied again, without what the server fills in. A Service keeps its address and its node ports, as
 * what is known-good does: clients and firewalls know them, and they are free once it is gone. A volume keeps the claim that
 * it is for by its name, and its disk (`keptVolume`). Undefined: somebody makes it by himself, its
 * owner or Kubernetes, and it is not kept. `slug` as in `ownContent`.
 */
export function objectToKeep(slug: string, one: KubeObject & Typed): Fields | undefined {
  const { metadata } = one;
  if (controllerOf(metadata) !== undefined || isOfKubernetes(slug, metadata)) return undefined;
  const { metadata: noted, ...content } = ownContent(slug, one);
  const isBare = noted === undefined && Object.keys(content).length === 0;
  // The controller makes it with the namespace; what somebody has added to it is kept.
  if (isBare && slug === 'serviceaccount' && metadata.name === 'default') return undefined;
  return {
    apiVersion: one.apiVersion,
    kind: one.kind,
    metadata: {
      name: metadata.name,
      ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
      ...(isFields(noted) && noted),
    },
    ...(slug === 'persistentvolume' ? keptVolume(content) : content),
  };
}

/** What Kubernetes, or what installs it, makes by itself in every cluster. */
function isOfKubernetes(slug: string, { namespace, name, labels = {}, annotations = {} }: Meta): boolean {
  switch (slug) {
    case 'clusterrole':
    case 'clusterrolebinding':
    case 'role':
    case 'rolebinding':
      return name.startsWith('system:') || 'kubernetes.io/bootstrapping' in labels;
    case 'priorityclass':
      return name.startsWith('system-');
    case 'apiservice':
      return 'kube-aggregator.kubernetes.io/automanaged' in labels;
    case 'configmap':
      return (
        name === 'kube-root-ca.crt' ||
        (namespace === 'kube-system' && name === 'extension-apiserver-authentication') ||
        'control-plane.alpha.kubernetes.io/leader' in annotations
      );
    case 'service':
      return namespace === 'default' && name === 'kubernetes';
    default:
      return false;
  }
}
