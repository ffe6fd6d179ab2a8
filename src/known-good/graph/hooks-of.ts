import type { LabelSelector } from '../../domain/kubernetes.ts';
import { listAt, textAt, textsOf } from './fields.ts';
import { selectorAt, takesIn, type Labels } from './label-selector.ts';

/** One admission webhook, as far as it is asked when pods, or what makes them, are written. */
export interface Hook {
  /** It is asked about pods. */
  readonly pods: boolean;
  /** Of `deployment`, `statefulset`, `daemonset`: about which of these. Pods of a Deployment come by its ReplicaSet. */
  readonly workloads: readonly string[];
  readonly namespaces?: LabelSelector;
  readonly objects?: LabelSelector;
}

const resourcesOf: Readonly<Record<string, readonly string[]>> = {
  deployment: ['deployments', 'replicasets'],
  statefulset: ['statefulsets'],
  daemonset: ['daemonsets'],
};

/** Those of a configuration's webhooks that can stand in the way of a pod or a workload. */
export const hooksOf = (configuration: unknown): readonly Hook[] =>
  listAt(configuration, 'webhooks').flatMap((webhook) => {
    const rules = listAt(webhook, 'rules').filter(writes);
    const pods = rules.some((rule) => isAbout(rule, '', 'pods'));
    const workloads = Object.entries(resourcesOf)
      .filter(([, resources]) => resources.some((resource) => rules.some((rule) => isAbout(rule, 'apps', resource))))
      .map(([kind]) => kind);
    if (!pods && workloads.length === 0) return [];
    const namespaces = selectorAt(webhook, 'namespaceSelector');
    const objects = selectorAt(webhook, 'objectSelector');
    return [{ pods, workloads, ...(namespaces && { namespaces }), ...(objects && { objects }) }];
  });

const writes = (rule: unknown): boolean =>
  textsOf(listAt(rule, 'operations')).some((operation) => ['*', 'CREATE', 'UPDATE'].includes(operation));

function isAbout(rule: unknown, group: string, resource: string): boolean {
  const groups = textsOf(listAt(rule, 'apiGroups'));
  const resources = textsOf(listAt(rule, 'resources'));
  return (
    (groups.includes('*') || groups.includes(group)) && ['*', '*/*', resource].some((one) => resources.includes(one))
  );
}

/** Services behind a configuration's webhooks: they have to answer. */
export const servicesBehind = (
  configuration: unknown,
): readonly { readonly namespace: string; readonly name: string }[] =>
  listAt(configuration, 'webhooks')
    .map((webhook) => ({
      namespace: textAt(webhook, 'clientConfig', 'service', 'namespace'),
      name: textAt(webhook, 'clientConfig', 'service', 'name'),
    }))
    .filter(({ namespace, name }) => namespace !== '' && name !== '');

/** What is written, as the webhook is to match it. */
export interface Written {
  readonly kind: string;
  readonly labels: Labels;
  readonly podLabels: Labels;
  readonly namespaceLabels: Labels;
}

/** How the webhook stands in the way of a workload, a clause; undefined: it does not. */
export function inTheWay({ pods, workloads, namespaces, objects }: Hook, written: Written): string | undefined {
  if (!takesIn(namespaces, written.namespaceLabels)) return undefined;
  if (pods && takesIn(objects, written.podLabels)) return 'a webhook that is asked about its pods';
  const isAsked = workloads.includes(written.kind) && takesIn(objects, written.labels);
  return isAsked ? 'a webhook that is asked about it' : undefined;
}
