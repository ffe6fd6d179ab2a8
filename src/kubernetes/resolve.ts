import { isIP } from 'node:net';
import type { Candidate, Cluster, Platforms, TargetKind } from '../domain/target.ts';
import { no, type Verdict } from '../domain/verdict.ts';
import { closedBecause } from './closed-namespace.ts';
import { quoted } from '../domain/quoted.ts';
import { isLabelName, isObjectName } from './grammar.ts';
import type { Labels } from './label-set.ts';
import { type KubernetesKind, type Named, namedIn } from './labels.ts';

/**
 * The `resolve` of one kind of Kubernetes object. Undefined: no cluster is configured, or the labels name another kind.
 * A refusal says which value can not be right, or why the object is never acted on.
 */
export const resolveKubernetes =
  (kind: KubernetesKind): TargetKind['resolve'] =>
  (labels, platforms) => {
    if (platforms.kubernetes.length === 0) return undefined;
    const named = namedOnce(labels);
    return named?.kind === kind ? candidateOf(named, platforms) : undefined;
  };

/**
 * What to say of labels that name a Kubernetes object where no cluster is configured; undefined: one is, or they name
 * none. The last word: the same labels may name a container.
 */
export function withoutCluster(labels: Labels, { kubernetes }: Platforms): Verdict | undefined {
  const named = kubernetes.length > 0 ? undefined : namedOnce(labels);
  if (named === undefined) return undefined;
  const advice =
    'set KUBECONFIG where we run, or write kubernetes: [{name: NAME, kubeconfig: FILE}] into the configuration';
  return (
    malformedIn(named) ?? no(`the labels name ${phraseOf(named)}, but no Kubernetes cluster is configured: ${advice}`)
  );
}

/** Every kind asks about the same labels. */
const known = new WeakMap<Labels, { readonly named: Named | undefined }>();
function namedOnce(labels: Labels): Named | undefined {
  const found = known.get(labels) ?? { named: namedIn(labels) };
  known.set(labels, found);
  return found.named;
}

function candidateOf(named: Named, platforms: Platforms): Candidate | Verdict {
  const { kind, name, namespace, address, exporter } = named;
  const malformed = malformedIn(named);
  if (malformed !== undefined) return malformed;
  const phrase = phraseOf(named);
  if (exporter !== undefined) return no(`${phrase} is never acted on: ${exporter} is part of the monitoring`);
  if (kind !== 'node' && namespace === undefined) return no(`the labels name ${phrase}, but not its namespace`);
  const cluster = clusterOf(named.cluster, platforms.kubernetes);
  if (!('name' in cluster)) return cluster;
  if (kind !== 'node' && namespace !== undefined) {
    const because = closedBecause(namespace, cluster);
    if (because !== undefined) return no(`${phrase} is never acted on: ${because}`);
  }
  return {
    kind,
    platform: cluster.name,
    by: {
      ...(kind !== 'node' && namespace !== undefined && { namespace }),
      ...(name !== undefined && (named.replicaset === true ? { replicaset: name } : { name })),
      ...(address !== undefined && { address }),
    },
    phrase,
  };
}

function malformedIn({ kind, name, namespace, address, replicaset }: Named): Verdict | undefined {
  const what = replicaset === true ? 'replicaset' : kind;
  const bad = (value: string, words: string): Verdict =>
    no(`the labels name a ${what} by ${quoted(value)}, which is no ${words}`);
  // A Service is a DNS label, everything else a DNS subdomain.
  const isName = kind === 'service' ? isLabelName : isObjectName;
  if (name !== undefined && !isName(name)) return bad(name, `Kubernetes name`);
  if (namespace !== undefined && !isLabelName(namespace)) return bad(namespace, 'Kubernetes namespace');
  if (address !== undefined && isIP(address) === 0) return bad(address, 'IP address');
  return undefined;
}

/** `deployment "shop/checkout"`, `node "worker-1"`, `node with address 10.0.0.5` */
function phraseOf({ kind, name, namespace, address, replicaset }: Named): string {
  const what = replicaset === true ? 'replicaset' : kind;
  if (name === undefined) return `${what} with address ${address ?? 'unknown'}`;
  return `${what} "${kind === 'node' || namespace === undefined ? '' : `${namespace}/`}${name}"`;
}

function clusterOf(label: string | undefined, clusters: readonly Cluster[]): Cluster | Verdict {
  const names = clusters.map(({ name }) => name).join(', ');
  if (label !== undefined) {
    const found = clusters.find(({ name }) => name === label);
    if (found !== undefined) return found;
    const advice = isObjectName(label) ? `; if it is one of these, write kubernetes: [{name: ${label}}]` : '';
    return no(
      `the labels name the Kubernetes cluster ${quoted(label)}, which is not configured; there is: ${names}${advice}`,
    );
  }
  const [only, ...others] = clusters;
  const found = others.length === 0 ? only : clusters.find(({ isDefault }) => isDefault);
  if (found !== undefined) return found;
  return no(
    `the labels name none of the Kubernetes clusters ${names}: give Prometheus external_labels: {cluster: NAME}, or ` +
      `one of them default: true`,
  );
}
