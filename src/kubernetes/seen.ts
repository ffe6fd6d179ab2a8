import type * as k from '../domain/kubernetes.ts';
import type { KubernetesClient, Place } from '../domain/kubernetes-client.ts';
import type { KubernetesKind } from './labels.ts';
import type { Likeness } from './protected.ts';

/** An object as far as confirming looks at it. */
export interface Seen {
  readonly kind: KubernetesKind;
  readonly meta: k.Meta;
  readonly like: Likeness;
  /** Why it may only be looked at, a sentence. */
  readonly observe?: string;
}

const seen = (kind: KubernetesKind, meta: k.Meta, template?: k.PodTemplate): Seen => ({
  kind,
  meta,
  like: {
    name: meta.name,
    labels: [meta.labels, template?.metadata?.labels],
    ...(template !== undefined && { pods: template.spec }),
  },
});

export const seenPod = ({ metadata, spec }: k.Pod): Seen => ({
  kind: 'pod',
  meta: metadata,
  like: { name: metadata.name, labels: [metadata.labels], pods: spec },
});

export const seenDeployment = ({ metadata, spec }: k.Deployment): Seen => seen('deployment', metadata, spec.template);

export const seenNode = ({ metadata }: k.Node): Seen => seen('node', metadata);

/** Reads one object of that kind and name; undefined: there is none. A node's namespace is the empty string. */
export async function see(kind: KubernetesKind, place: Place, client: KubernetesClient): Promise<Seen | undefined> {
  switch (kind) {
    case 'deployment':
      return map(await client.get('deployments.apps', place), seenDeployment);
    case 'statefulset':
      return map(await client.get('statefulsets.apps', place), ({ metadata, spec }) =>
        seen(kind, metadata, spec.template),
      );
    case 'daemonset':
      return map(await client.get('daemonsets.apps', place), ({ metadata, spec }) =>
        seen(kind, metadata, spec.template),
      );
    case 'job':
      return map(await client.get('jobs.batch', place), ({ metadata, spec }) => seen(kind, metadata, spec.template));
    case 'cronjob':
      return map(await client.get('cronjobs.batch', place), ({ metadata, spec }) =>
        seen(kind, metadata, spec.jobTemplate.spec.template),
      );
    case 'pod':
      return map(await client.get('pods', place), seenPod);
    case 'node':
      return map(await client.get('nodes', place), seenNode);
    case 'persistentvolumeclaim':
      return map(await client.get('persistentvolumeclaims', place), ({ metadata }) => seen(kind, metadata));
    case 'horizontalpodautoscaler':
      return map(await client.get('horizontalpodautoscalers.autoscaling', place), ({ metadata, spec }) =>
        alsoCalled(seen(kind, metadata), { name: spec.scaleTargetRef.name }),
      );
    case 'service':
      return map(await client.get('services', place), ({ metadata, spec }) =>
        alsoCalled(seen(kind, metadata), spec.selector),
      );
    default:
      return kind satisfies never;
  }
}

const map = <From>(object: From | undefined, to: (object: From) => Seen): Seen | undefined =>
  object === undefined ? undefined : to(object);

/** What a Service or an autoscaler acts for tells who it is as well. */
const alsoCalled = (one: Seen, labels: Readonly<Record<string, string>> | undefined): Seen => ({
  ...one,
  like: { ...one.like, labels: [...one.like.labels, labels] },
});
